"""What numba has no function for: arrays without reference counts, prefetching, copying, and the highest bit of a word.

For loops that use several arrays per record. There, counting references (atomically, at each call) and waiting for memory cost
more than the work itself.
"""

from __future__ import annotations

from typing import Any, Final

from numba.core import cgutils, types
from numba.extending import intrinsic

__all__ = ["copy", "highest_bit", "prefetch", "unowned"]

build: Final[Any] = cgutils
"""numba's own builder of machine instructions, which carries no types."""
ir: Final[Any] = build.ir


def _unowned(typing_context: Any, arrays: Any) -> Any:
    """The same array, or named tuple of arrays and numbers, without owner, so that compiled code counts no references.

    The caller keeps the arrays alive.
    """

    def bare(context: Any, builder: Any, array: Any, value: Any) -> Any:
        if not isinstance(array, types.Array):
            return value
        given = context.make_array(array)(context, builder, value=value)
        given.meminfo = build.get_null_value(given.meminfo.type)
        given.parent = build.get_null_value(given.parent.type)
        return given._getvalue()  # noqa: SLF001 (as numba's own code does)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        if isinstance(arrays, types.Array):
            return bare(context, builder, arrays, arguments[0])
        values = zip(arrays, build.unpack_tuple(builder, arguments[0]), strict=True)
        return context.make_tuple(builder, signature.return_type, [bare(context, builder, *each) for each in values])

    fields = [arrays] if isinstance(arrays, types.Array) else list(arrays)
    if not all(isinstance(field, types.Array | types.Number | types.Boolean) for field in fields):
        raise TypeError(f"Expected an array or a tuple of arrays and numbers, was {arrays}")
    return arrays(arrays), generate


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


def _copy(typing_context: Any, target: Any, at: Any, source: Any, first: Any, count: Any) -> Any:
    """Copy so many elements between contiguous arrays of one type; places count elements of all dimensions in C order."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        target_type, at_type, source_type, first_type, count_type = signature.args
        into = context.make_array(target_type)(context, builder, value=arguments[0])
        given = context.make_array(source_type)(context, builder, value=arguments[2])
        size = context.get_constant(types.intp, context.get_abi_sizeof(context.get_data_type(target_type.dtype)))
        into_place = builder.mul(context.cast(builder, arguments[1], at_type, types.intp), size)
        given_place = builder.mul(context.cast(builder, arguments[3], first_type, types.intp), size)
        length = builder.mul(context.cast(builder, arguments[4], count_type, types.intp), size)
        byte = ir.IntType(8).as_pointer()
        pointer = builder.gep(builder.bitcast(into.data, byte), [into_place])
        origin = builder.gep(builder.bitcast(given.data, byte), [given_place])
        build.raw_memcpy(builder, pointer, origin, length, 1)
        return context.get_dummy_value()

    return types.none(target, at, source, first, count), generate


copy: Final[Any] = intrinsic(_copy)
highest_bit: Final[Any] = intrinsic(_highest_bit)
unowned: Final[Any] = intrinsic(_unowned)
prefetch: Final[Any] = intrinsic(_prefetch)
