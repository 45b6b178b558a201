/** A day: its header, its columns, and windows added to them. One class serves the file, the replay and the live feed. */

import { FORMAT, WINDOWS_OF_A_DAY, type Axis, type Cell, type ColumnSpec, type Header, type WindowMessage } from "./format.ts";
import { cellsOf, type Codes } from "./codec.ts";
import { Matrix } from "./matrix.ts";
import type { Bytes } from "./inflate.ts";
import type { Changes } from "./runs.ts";

export class Day {
    readonly header: Header;
    readonly midnight: number;
    readonly capacity: number;
    windows: number;
    private readonly matrices = new Map<string, Matrix>();

    constructor(header: Header) {
        if (header.format !== FORMAT) throw new Error(`Expected a page of format ${FORMAT}, was ${header.format}: make the page again`);
        this.header = header;
        this.midnight = Number(BigInt(header.midnight_ns) / 1_000_000_000n);
        this.windows = header.windows;
        this.capacity = this.grows ? Math.max(header.windows, WINDOWS_OF_A_DAY) : header.windows;
    }

    /** Whether windows are added to it. A finished day that a server shows has events too, but no windows. */
    get grows(): boolean {
        return this.header.live?.grows ?? false;
    }

    /** Windows of the page in a minute: fewer where only one of every few is kept. */
    get perMinute(): number {
        return Math.max(1, Math.round(60 / this.windowS));
    }

    /** Time from a window of the page to the next. [s] */
    get windowS(): number {
        return this.header.step_s * (this.header.stride ?? 1);
    }

    rowsOf(axis: Axis): number {
        const header = this.header;
        if (axis === "day") return 1;
        if (axis === "profile") return (header.profiles?.length ?? 0) * (header.profile?.prices.length ?? 0);
        return header[axis].length;
    }

    /** Values of a column along time that are stored, and that have room. */
    shape(spec: ColumnSpec): { rows: number; columns: number; stride: number } {
        const groups = (windows: number): number => Math.ceil(windows / spec.every);
        return { rows: this.rowsOf(spec.axis), columns: groups(this.header.windows), stride: groups(this.capacity) };
    }

    specsOf(blob: string): ColumnSpec[] {
        return this.header.columns.filter((spec) => spec.blob === blob);
    }

    get blobs(): string[] {
        return [...new Set(this.header.columns.map((spec) => spec.blob))];
    }

    /** Take in an inflated blob. */
    load(blob: string, found: Bytes): void {
        for (const spec of this.specsOf(blob)) {
            const { rows, columns, stride } = this.shape(spec);
            this.take(spec, cellsOf(found, spec, rows, columns, stride));
        }
    }

    /** Take in what a worker unpacked. */
    take(spec: ColumnSpec, cells: Codes | Changes): void {
        const { rows, stride } = this.shape(spec);
        this.matrices.set(spec.name, new Matrix(spec, rows, stride, cells));
    }

    /** Give back the memory of a blob's columns. */
    drop(blob: string): void {
        for (const spec of this.specsOf(blob)) this.matrices.delete(spec.name);
    }

    get(name: string): Matrix | undefined {
        return this.matrices.get(name);
    }

    /** A column that the format demands. */
    need(name: string): Matrix {
        const found = this.matrices.get(name);
        if (!found) throw new Error(`Expected the column ${name}, was none: make the page again`);
        return found;
    }

    /** Number of the window within the UTC day. */
    k(column: number): number {
        return this.need("k").at(0, column);
    }

    /** UNIX seconds of the end of window k, the moment since when its values are known. */
    endOf(k: number): number {
        return this.midnight + (k + 1) * this.header.step_s;
    }

    /** The last column at or before k; -1 where there is none. */
    columnAt(k: number): number {
        let low = 0;
        let high = this.windows;
        while (low < high) {
            const middle = (low + high) >> 1;
            if (this.k(middle) <= k) low = middle + 1;
            else high = middle;
        }
        return low - 1;
    }

    /** Row of the levels of a convention in a scope; -1 where the table has none. */
    levelRow(convention: string, scope: string): number {
        return this.header.levels.findIndex((row) => row.convention === convention && row.scope === scope);
    }

    /** Word of a coded column; null where missing. */
    word(name: string, row: number, column: number): string | null {
        const matrix = this.matrices.get(name);
        if (!matrix || row < 0) return null;
        const value = matrix.at(row, column);
        return Number.isNaN(value) ? null : this.header.codes[name]?.[value] ?? null;
    }

    /** Value of a column; NaN where missing, where the page has no such column, and for row -1. */
    value(name: string, row: number, column: number): number {
        const matrix = this.matrices.get(name);
        return matrix && row >= 0 && column >= 0 ? matrix.at(row, column) : NaN;
    }

    /** Whether window k lies between others and is not among them. */
    lacks(k: number): boolean {
        const column = this.columnAt(k);
        return column < this.windows - 1 && (column < 0 || this.k(column) !== k);
    }

    /** Forget the windows after k, which are to come again. Whatever was derived from the day has to be made again. */
    cut(k: number): void {
        const column = this.columnAt(k) + 1;
        for (const matrix of this.matrices.values()) matrix.cut(column, this.windows);
        this.windows = column;
    }

    /**
     * Add a window after all others. A window that is already there is refused by answering false, as after a reconnection.
     */
    append(message: WindowMessage): boolean {
        const column = this.windows;
        if (column > 0 && message.k <= this.k(column - 1)) return false;
        if (column >= this.capacity) throw new Error(`Expected at most ${this.capacity} windows, was one more: load the page again`);
        const cells: Record<string, Cell | Cell[]> = { ...message.columns, k: message.k };
        for (const [name, matrix] of this.matrices) {
            const given = cells[name] ?? null;
            matrix.append(column, Array.isArray(given) ? given : [given], this.header.codes[name]);
        }
        this.windows = column + 1;
        return true;
    }
}
