/** Packs matrices as Python does, for tests alone: zigzag differences in byte planes, deflated. */

import { deflateRawSync } from "node:zlib";
import { encode } from "../src/data/codec.ts";
import type { ColumnSpec } from "../src/data/format.ts";
import { BLOCK } from "../src/data/inflate.ts";

export type Values = (row: number, t: number) => number | null;

export interface Wanted {
    spec: Omit<ColumnSpec, "planes" | "offset" | "blob">;
    rows: number;
    values: Values;
}

/** Columns of one blob: what the header says of them, and the bytes before deflation. */
export function packed(blob: string, windows: number, wanted: readonly Wanted[]): { columns: ColumnSpec[]; bytes: Uint8Array } {
    const columns: ColumnSpec[] = [];
    const parts: Uint8Array[] = [];
    let offset = 0;
    for (const { spec, rows, values } of wanted) {
        const times = Math.ceil(windows / spec.every);
        const zigzags = new Uint32Array(rows * times);
        let seen = 0;
        for (let row = 0; row < rows; row++) {
            let before = 0;
            for (let t = 0; t < times; t++) {
                const code = encode(values(row, t * spec.every), spec as ColumnSpec);
                const d = (code - before) | 0;
                before = code;
                zigzags[row * times + t] = (d << 1) ^ (d >> 31);
                seen |= zigzags[row * times + t];
            }
        }
        const planes = Math.max(1, Math.ceil((32 - Math.clz32(seen)) / 8));
        for (let plane = 0; plane < planes; plane++) parts.push(Uint8Array.from(zigzags, (z) => (z >>> (8 * plane)) & 0xff));
        columns.push({ ...spec, blob, planes, offset });
        offset += planes * rows * times;
    }
    return { columns, bytes: Uint8Array.from(Buffer.concat(parts)) };
}

/** One part: its size, a bit for each block that holds anything, and those blocks. */
export function squeezed(bytes: Uint8Array): Uint8Array {
    const count = Math.ceil(bytes.length / BLOCK);
    const bits = new Uint8Array(Math.ceil(count / 8));
    const blocks: Uint8Array[] = [];
    for (let block = 0; block < count; block++) {
        const filled = new Uint8Array(BLOCK);
        filled.set(bytes.subarray(block * BLOCK, (block + 1) * BLOCK));
        if (filled.every((one) => one === 0)) continue;
        bits[block >> 3] |= 1 << (block & 7);
        blocks.push(filled);
    }
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, bytes.length, true);
    return Uint8Array.from(Buffer.concat([size, bits, ...blocks]));
}

export function deflated(bytes: Uint8Array): string {
    return deflateRawSync(squeezed(bytes)).toString("base64");
}
