"""What numba does not offer by name: arrays without reference counts, memory fetched before it is needed, a word's highest bit.

For loops that touch several arrays per record: there, counting references (atomically, at each call) and waiting for memory cost
more than the work itself.
"""

from __future__ import annotations

from typing import Any, Final

from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = ["highest_bit", "prefetch", "unowned"]

build: Final[Any] = cgutils
"""numba's own builder of machine instructions, which carries no types."""
ir: Final[Any] = build.ir


def _unowned(typing_context: Any, array: Any) -> Any:
    """The same array without an owner: compiled code counts no references to it. The caller must keep the array alive."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given = context.make_array(signature.return_type)(context, builder, value=arguments[0])
        given.meminfo = build.get_null_value(given.meminfo.type)
        given.parent = build.get_null_value(given.parent.type)
        return given._getvalue()  # noqa: SLF001

    return array(array), generate


def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Begin to fetch the element of a one-dimensional array, which may also lie beyond its end."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, index_type = signature.args
        given = context.make_array(array_type)(context, builder, value=arguments[0])
        place = context.cast(builder, arguments[1], index_type, types.intp)
        size = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
        offset = builder.mul(place, context.get_constant(types.intp, size))
        byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
        pointer = builder.gep(builder.bitcast(given.data, byte), [offset])
        shape = ir.FunctionType(ir.VoidType(), [byte, word, word, word])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], shape)
        builder.call(fetch, [pointer, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.none(array, index), generate


def _highest_bit(typing_context: Any, word: Any) -> Any:
    """Position of the highest bit of a uint64 that is not 0."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        zeros = builder.ctlz(arguments[0], ir.Constant(ir.IntType(1), 1))
        return builder.xor(zeros, ir.Constant(ir.IntType(64), 63))

    return types.uint64(types.uint64), generate


highest_bit: Final[Any] = intrinsic(_highest_bit)
unowned: Final[Any] = intrinsic(_unowned)
prefetch: Final[Any] = intrinsic(_prefetch)
