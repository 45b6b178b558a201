/** One column of a day: rows by windows, kept as codes or as their changes, decoded when read. */

import { CELLS_A_CHANGE, decode, encode, widened, type Codes } from "./codec.ts";
import type { Cell, ColumnSpec } from "./format.ts";
import { Runs, type Changes } from "./runs.ts";
import type { Steps } from "./steps.ts";

/** Codes up to here are looked up; beyond, each is computed. */
const LOOKED_UP = 65_536;

export class Matrix {
    readonly spec: ColumnSpec;
    readonly rows: number;
    readonly stride: number;
    /** None where changes are kept. */
    private codes: Codes;
    private runs: Runs | null;
    private table: Float64Array | null = null;
    private hasTooMany = false;

    constructor(spec: ColumnSpec, rows: number, stride: number, cells: Codes | Changes) {
        this.spec = spec;
        this.rows = rows;
        this.stride = stride;
        this.runs = "places" in cells ? new Runs(cells) : null;
        this.codes = "places" in cells ? new Uint8Array(0) : cells;
    }

    /** Value of a row in a window, given by its column; NaN where missing. */
    at(row: number, column: number): number {
        const { every } = this.spec;
        const place = every === 1 ? column : Math.floor(column / every);
        const code = this.codeAt(row, place);
        return this.table ? this.table[code] : decode(code, this.spec, this.stepOf(row));
    }

    private codeAt(row: number, place: number): number {
        return this.runs ? this.runs.codeAt(row, place) : this.codes[row * this.stride + place];
    }

    private stepOf(row: number): number {
        const { steps, step } = this.spec;
        return steps?.length ? steps[Math.floor((row * steps.length) / this.rows)] : step ?? 1;
    }

    /** Decoded values by code, for loops over many cells; null where codes are too many for it. Not for columns with several steps. */
    lookup(): Float64Array | null {
        if (this.table || this.hasTooMany) return this.table;
        const most = this.runs?.seen ?? 2 ** (8 * this.codes.BYTES_PER_ELEMENT) - 1;
        this.hasTooMany = most >= LOOKED_UP || (this.spec.steps?.length ?? 0) > 1;
        if (this.hasTooMany) return null;
        this.table = new Float64Array(most < 256 ? 256 : LOOKED_UP);
        for (let code = 0; code < this.table.length; code++) this.table[code] = decode(code, this.spec);
        return this.table;
    }

    /** Values of a row in windows [from, to). */
    row(row: number, from: number, to: number): Float64Array {
        const values = new Float64Array(Math.max(0, to - from));
        for (let column = from; column < to; column++) values[column - from] = this.at(row, column);
        return values;
    }

    /** A row in windows [from, to) as steps: what a switch waits for. */
    steps(row: number, from: number, to: number, out: Steps): Steps {
        const { codes, runs, spec } = this;
        out.clear(to);
        const table = this.lookup();
        const step = this.stepOf(row);
        const valueOf = (code: number): number => (table ? table[code] : decode(code, spec, step));
        if (runs) {
            runs.stepsInto(row, from, to, spec.every, out, valueOf);
            return out;
        }
        const first = Math.floor(from / spec.every);
        const base = row * this.stride;
        for (let place = first; place * spec.every < to; place++) {
            const code = codes[base + place];
            if (place === first) out.push(from, valueOf(code));
            else if (code !== codes[base + place - 1]) out.push(place * spec.every, valueOf(code));
        }
        return out;
    }

    /** Forget windows [from, to), the last ones that are kept. What several windows share stays with the first of them. */
    cut(from: number, to: number): void {
        const { every } = this.spec;
        this.runs?.cut(Math.ceil(from / every));
        for (let row = 0; !this.runs && row < this.rows; row++) {
            const base = row * this.stride;
            this.codes.fill(0, base + Math.ceil(from / every), base + Math.ceil(to / every));
        }
    }

    /** Keep the cells of one window, in order of the axis' rows. Windows that share a value keep the first that is known. */
    append(column: number, cells: readonly Cell[], names: readonly string[] | undefined): void {
        const at = Math.floor(column / this.spec.every);
        const isFirst = column % this.spec.every === 0;
        for (let row = 0; row < this.rows; row++) {
            const cell = cells[row] ?? null;
            const value = typeof cell === "string" ? (names ?? []).indexOf(cell) : cell;
            const code = value === null || (typeof cell === "string" && value < 0) ? 0 : encode(value, this.spec, this.stepOf(row));
            if (!isFirst && (code === 0 || this.codeAt(row, at) !== 0)) continue;
            this.put(row, at, code);
        }
        // Too many changes for it to save memory: from here on as codes.
        if (this.runs && this.runs.count > (this.rows * this.stride) / CELLS_A_CHANGE) this.spread(this.runs, at + 1);
    }

    private put(row: number, at: number, code: number): void {
        if (this.table && code >= this.table.length) this.table = null;
        if (this.runs) {
            this.runs.append(row, at, code);
            return;
        }
        const codes = widened(this.codes, code);
        if (codes !== this.codes) {
            this.codes = codes;
            this.table = null;
            this.hasTooMany = false;
        }
        this.codes[row * this.stride + at] = code;
    }

    /** Keep codes in place of changes. */
    private spread(runs: Runs, places: number): void {
        this.codes = widened(new Uint8Array(this.rows * this.stride), runs.seen);
        for (let row = 0; row < this.rows; row++) for (let at = 0; at < places; at++) this.codes[row * this.stride + at] = runs.codeAt(row, at);
        this.runs = null;
    }
}
