/** Cells to unsigned integers and back, and byte planes to matrices of them. The counterpart in Python packs; vectors compare both. */

import type { ColumnSpec } from "./format.ts";
import { BLOCK, type Bytes } from "./inflate.ts";
import type { Changes } from "./runs.ts";

export type Codes = Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** Code of a value; 0 stands for missing. */
export function encode(value: number | null, spec: ColumnSpec, step: number = spec.step ?? 1): number {
    if (value === null || Number.isNaN(value)) return 0;
    if (spec.kind === "linear") {
        const n = roundHalfEven(value / step) | 0;
        return (((n << 1) ^ (n >> 31)) >>> 0) + 1;
    }
    if (spec.kind === "log") return Math.max(0, roundHalfEven(Math.log(value / (spec.base ?? 1)) / step)) + 1;
    return value + 1;
}

/** Value of a code; NaN where missing. */
export function decode(code: number, spec: ColumnSpec, step: number = spec.step ?? 1): number {
    if (code === 0) return NaN;
    const q = code - 1;
    if (spec.kind === "linear") return ((q >>> 1) ^ -(q & 1)) * step;
    if (spec.kind === "log") return (spec.base ?? 1) * Math.exp(step * q);
    return q;
}

/** As numpy rounds: a half goes to the even neighbour. */
function roundHalfEven(x: number): number {
    const rounded = Math.round(x);
    return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/**
 * Matrix of codes, row by row, `stride` apart, in the narrowest type that holds them.
 *
 * `bytes` is the inflated blob. Along a row each code is the one before plus a zigzag difference, modulo 2^32.
 */
export function unpack(bytes: Uint8Array, spec: ColumnSpec, rows: number, columns: number, stride: number): Codes {
    const planes = planesOf(bytes, spec, rows * columns);
    const narrow = new Uint16Array(rows * stride);
    const seen = sumUp(planes, spec.planes, rows, columns, stride, narrow);
    if (seen < 0x100) return Uint8Array.from(narrow);
    if (seen < 0x10000) return narrow;
    const wide = new Uint32Array(rows * stride);
    sumUp(planes, spec.planes, rows, columns, stride, wide);
    return wide;
}

/** Cells of which at most one in so many begins a change are kept as changes: half the memory of codes of two bytes, or less. */
export const CELLS_A_CHANGE = 4;

/** The same codes as changes along each row; null where there are too many for it to save memory. A day that grows has room for them. */
export function changesOf({ bytes, held }: Bytes, spec: ColumnSpec, rows: number, columns: number, stride = columns): Changes | null {
    const size = rows * columns;
    const planes = planesOf(bytes, spec, size);
    const most = Math.min(size, Math.floor((rows * stride) / CELLS_A_CHANGE));
    const starts = new Uint32Array(rows + 1);
    const places = new Uint16Array(most);
    const codes = new Uint32Array(most);
    let seen = 0;
    let count = 0;
    for (let row = 0; row < rows; row++) {
        let code = 0;
        for (let from = 0; from < columns; ) {
            // As far as the blocks of no plane end.
            let [isHeld, blocks] = [false, columns];
            for (let plane = 0; plane < spec.planes; plane++) {
                const at = spec.offset + plane * size + row * columns + from;
                if (held[Math.floor(at / BLOCK)] === 1) isHeld = true;
                blocks = Math.min(blocks, from + BLOCK - (at % BLOCK));
            }
            for (let t = from; isHeld && t < blocks; t++) {
                const z = zigzagAt(planes, spec.planes, row * columns + t);
                if (z === 0) continue;
                if (count === most) return null;
                code = (code + ((z >>> 1) ^ -(z & 1))) | 0;
                seen |= code;
                places[count] = t;
                codes[count++] = code;
            }
            from = blocks;
        }
        starts[row + 1] = count;
    }
    return { starts, places: places.slice(0, count), codes: narrowed(codes.subarray(0, count), seen >>> 0) };
}

/** Columns of fewer cells take little memory in any case, and are read fastest window by window. */
const MANY_CELLS = 500_000;

/** A column as it is kept: as changes where it is large and seldom changes. */
export function cellsOf(found: Bytes, spec: ColumnSpec, rows: number, columns: number, stride: number): Codes | Changes {
    const changes = rows * stride >= MANY_CELLS ? changesOf(found, spec, rows, columns, stride) : null;
    return changes ?? unpack(found.bytes, spec, rows, columns, stride);
}

function narrowed(codes: Uint32Array, seen: number): Codes {
    if (seen < 0x100) return Uint8Array.from(codes);
    return seen < 0x10000 ? Uint16Array.from(codes) : Uint32Array.from(codes);
}

function planesOf(bytes: Uint8Array, spec: ColumnSpec, size: number): Planes {
    if (spec.offset + spec.planes * size > bytes.length) {
        throw new Error(`Expected ${spec.planes * size} bytes of ${spec.name} at ${spec.offset}, was ${bytes.length - spec.offset}: pack the page again`);
    }
    const plane = (number: number): Uint8Array => {
        const start = spec.offset + number * size;
        return number < spec.planes ? bytes.subarray(start, start + size) : NOTHING;
    };
    return [plane(0), plane(1), plane(2), plane(3)];
}

type Planes = [Uint8Array, Uint8Array, Uint8Array, Uint8Array];

const NOTHING = new Uint8Array(0);

function zigzagAt([p0, p1, p2, p3]: Planes, planes: number, at: number): number {
    let z = planes > 0 ? p0[at] : 0;
    if (planes > 1) z |= p1[at] << 8;
    if (planes > 2) z |= p2[at] << 16;
    if (planes > 3) z |= p3[at] << 24;
    return z;
}

/** Add up differences into `out`; answers all codes or-ed, which bounds the largest. */
function sumUp(planes: Planes, count: number, rows: number, columns: number, stride: number, out: Codes): number {
    let seen = 0;
    for (let row = 0; row < rows; row++) {
        const from = row * columns;
        const to = row * stride;
        let code = 0;
        for (let t = 0; t < columns; t++) {
            const z = zigzagAt(planes, count, from + t);
            code = (code + ((z >>> 1) ^ -(z & 1))) | 0;
            seen |= code;
            out[to + t] = code;
        }
    }
    return seen >>> 0;
}

/** The same codes in a type that holds `largest` too. */
export function widened(codes: Codes, largest: number): Codes {
    const most = codes instanceof Uint8Array ? 0xff : codes instanceof Uint16Array ? 0xffff : 0xffffffff;
    if (largest <= most) return codes;
    return largest <= 0xffff ? Uint16Array.from(codes) : Uint32Array.from(codes);
}
