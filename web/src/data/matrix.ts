/** One column of a day: rows by windows, kept as codes, decoded when read. */

import { decode, encode, widened, type Codes } from "./codec.ts";
import type { Cell, ColumnSpec } from "./format.ts";

/** Codes up to here are looked up; beyond, each is computed. */
const LOOKED_UP = 65_536;

export class Matrix {
    readonly spec: ColumnSpec;
    readonly rows: number;
    readonly stride: number;
    codes: Codes;
    private table: Float64Array | null = null;
    private hasTooMany = false;

    constructor(spec: ColumnSpec, rows: number, stride: number, codes: Codes) {
        this.spec = spec;
        this.rows = rows;
        this.stride = stride;
        this.codes = codes;
    }

    /** Value of a row in a window, given by its column; NaN where missing. */
    at(row: number, column: number): number {
        if (this.table) return this.table[this.codes[row * this.stride + Math.floor(column / this.spec.every)]];
        return decode(this.codes[row * this.stride + Math.floor(column / this.spec.every)], this.spec, this.stepOf(row));
    }

    private stepOf(row: number): number {
        const { steps, step } = this.spec;
        return steps?.length ? steps[Math.floor((row * steps.length) / this.rows)] : step ?? 1;
    }

    /** Decoded values by code, for loops over many cells; null where codes are too many for it. Not for columns with several steps. */
    lookup(): Float64Array | null {
        if (this.table || this.hasTooMany) return this.table;
        this.hasTooMany = this.codes instanceof Uint32Array || (this.spec.steps?.length ?? 0) > 1;
        if (this.hasTooMany) return null;
        this.table = new Float64Array(this.codes instanceof Uint8Array ? 256 : LOOKED_UP);
        for (let code = 0; code < this.table.length; code++) this.table[code] = decode(code, this.spec);
        return this.table;
    }

    /** Values of a row in windows [from, to). */
    row(row: number, from: number, to: number): Float64Array {
        const values = new Float64Array(Math.max(0, to - from));
        for (let column = from; column < to; column++) values[column - from] = this.at(row, column);
        return values;
    }

    /**
     * Values of a row from a window on, as many as `out` holds; their sizes times `sign` where it is given. For columns with a value a
     * window: the loops that a switch waits for.
     */
    readInto(row: number, from: number, out: Float64Array, sign = 0): Float64Array {
        const { codes } = this;
        const base = row * this.stride + from;
        if (this.spec.kind === "linear" && this.spec.every === 1) {
            const step = this.stepOf(row);
            // A code is one more than the zigzag of its value: half of it is the size.
            const signed = step * sign;
            for (let i = 0; sign !== 0 && i < out.length; i++) {
                const code = codes[base + i];
                out[i] = code === 0 ? NaN : (code >>> 1) * signed;
            }
            for (let i = 0; sign === 0 && i < out.length; i++) {
                const code = codes[base + i];
                const q = code - 1;
                out[i] = code === 0 ? NaN : ((q >>> 1) ^ -(q & 1)) * step;
            }
            return out;
        }
        const table = this.spec.every === 1 ? this.lookup() : null;
        if (table) for (let i = 0; i < out.length; i++) out[i] = table[codes[base + i]];
        else for (let i = 0; i < out.length; i++) out[i] = this.at(row, from + i);
        if (sign !== 0) for (let i = 0; i < out.length; i++) out[i] = Math.abs(out[i]) * sign;
        return out;
    }

    /** Keep the cells of one window, in order of the axis' rows. Windows that share a value keep the first that is known. */
    append(column: number, cells: readonly Cell[], names: readonly string[] | undefined): void {
        const at = Math.floor(column / this.spec.every);
        const isFirst = column % this.spec.every === 0;
        for (let row = 0; row < this.rows; row++) {
            const cell = cells[row] ?? null;
            const value = typeof cell === "string" ? (names ?? []).indexOf(cell) : cell;
            const code = value === null || (typeof cell === "string" && value < 0) ? 0 : encode(value, this.spec, this.stepOf(row));
            if (!isFirst && (code === 0 || this.codes[row * this.stride + at] !== 0)) continue;
            const codes = widened(this.codes, code);
            if (codes !== this.codes) {
                this.codes = codes;
                this.table = null;
                this.hasTooMany = false;
            }
            this.codes[row * this.stride + at] = code;
        }
    }
}
