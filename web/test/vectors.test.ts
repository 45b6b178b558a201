/** What Python packed is decoded as Python decodes it, and nets are derived as the tables have them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { encode, unpack } from "../src/data/codec.ts";
import { Exposure } from "../src/derived/exposure.ts";
import type { ColumnSpec, Header } from "../src/data/format.ts";
import { bytesOf, inflate } from "../src/data/inflate.ts";
import { Matrix } from "../src/data/matrix.ts";
import { dayOf } from "./loaded.ts";

interface Coding {
    name: string;
    rows: number;
    times: number;
    column: Omit<ColumnSpec, "kind"> & { kind: ColumnSpec["kind"] | "codes"; words?: string[] };
    blob: string;
    values: (number | string | null)[][];
}

const read = <T>(name: string): T => JSON.parse(readFileSync(`test/vectors/${name}`, "utf8")) as T;

for (const { name, rows, times, column, blob, values } of read<Coding[]>("codings.json")) {
    test(`decoded as Python packed it: ${name}`, async () => {
        const spec = column as ColumnSpec;
        const codes = unpack((await inflate(bytesOf(blob))).bytes, spec, rows, times, times);
        if (column.kind === "codes") {
            assert.deepEqual([...codes], values.flat());
            return;
        }
        const matrix = new Matrix(spec, rows, times, codes);
        values.forEach((row, place) =>
            row.forEach((value, t) => {
                const found = matrix.at(place, t);
                if (value === null) assert.ok(Number.isNaN(found));
                else if (typeof value === "string") assert.equal(column.words![found], value);
                else assert.ok(Math.abs(found - value) <= 1e-12 * Math.abs(value), `${found}, expected ${value}`);
                // What is appended to a day is coded as Python codes it.
                if (typeof value === "number" && !column.steps) assert.equal(encode(found, spec), codes[place * times + t]);
            }),
        );
    });
}

interface Whole {
    header: Header;
    blobs: Record<string, string>;
    nets: Record<string, (number | null)[][]>;
}

const whole = read<Whole>("two_expirations.json");

for (const [name, nets] of Object.entries(whole.nets)) {
    test(`nets of ${name}, line by line, within 0.1 % of gross`, async () => {
        const day = await dayOf(whole);
        const convention = day.header.conventions.find((one) => one.name === name)!;
        for (const scope of [...new Set(day.header.expirations.map((one) => `exp:${one.date}`))]) {
            const found = new Exposure(day, { convention, weight: convention.weight!, side: "net", scope });
            found.lines.forEach((lines, place) => {
                assert.equal(lines.length, 1);
                nets[lines[0]].forEach((net, t) => {
                    const value = found.detail(place, t).value;
                    if (net === null) return assert.ok(Number.isNaN(value), `line ${lines[0]} window ${t}: ${value}, expected none`);
                    const sides = (["call", "put"] as const).map((side) => Math.abs(new Exposure(day, { convention, weight: convention.weight!, side, scope }).detail(place, t).value || 0));
                    return assert.ok(Math.abs(value - net) <= 1e-3 * (sides[0] + sides[1]), `line ${lines[0]} window ${t}: ${value}, expected ${net}`);
                });
            });
        }
    });
}
