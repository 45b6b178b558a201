import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode, unpack } from "../src/data/codec.ts";
import type { ColumnSpec } from "../src/data/format.ts";
import { packed } from "./packing.ts";

const SPEC: ColumnSpec = { name: "x", axis: "lines", blob: "b", kind: "linear", step: 1, every: 1, planes: 1, offset: 0 };

test("missing is 0, and 0 is not missing", () => {
    assert.equal(encode(null, SPEC), 0);
    assert.equal(encode(NaN, SPEC), 0);
    assert.ok(Number.isNaN(decode(0, SPEC)));
    assert.equal(decode(encode(0, SPEC), SPEC), 0);
});

test("linear values come back within half a step, of both signs", () => {
    const spec = { ...SPEC, step: 0.05 };
    for (const value of [0, 0.05, -0.05, 6934.37, -12.01, 1e6]) assert.ok(Math.abs(decode(encode(value, spec), spec) - value) <= 0.025 + 1e-9);
});

test("log values come back within half a step as a ratio", () => {
    const spec: ColumnSpec = { ...SPEC, kind: "log", base: 1e-9, step: 0.0015 };
    for (const value of [1e-9, 3.3e-6, 0.004, 2]) assert.ok(Math.abs(Math.log(decode(encode(value, spec), spec) / value)) <= 0.00075 + 1e-12);
});

test("halves are rounded to even, as numpy rounds them", () => {
    assert.deepEqual([0.5, 1.5, 2.5, -0.5, -1.5, -2.5].map((value) => decode(encode(value, SPEC), SPEC)), [0, 2, 2, 0, -2, -2]);
});

const SERIES: [string, (row: number, t: number) => number | null, string][] = [
    ["small", (row, t) => (t % 5 === row ? null : t % 100), "Uint8Array"],
    ["prices", (row, t) => 6900 + row + Math.round(40 * Math.sin(t / 30)), "Uint16Array"],
    ["large", (row, t) => (t % 7 === 0 ? null : (row % 2 ? -1 : 1) * 3_000_000 * (t % 13)), "Uint32Array"],
    ["jumps", (_, t) => (t % 2 ? 1_000_000_000 : -1_000_000_000), "Uint32Array"],
];

for (const [name, values, type] of SERIES) {
    test(`planes of ${name} are unpacked into the narrowest type, rows apart by the stride`, () => {
        const [rows, windows, stride] = [3, 211, 250];
        const { columns, bytes } = packed("b", windows, [{ spec: { ...SPEC, name }, rows, values }]);
        const codes = unpack(bytes, columns[0], rows, windows, stride);
        assert.equal(codes.constructor.name, type);
        for (let row = 0; row < rows; row++) {
            for (let t = 0; t < windows; t++) assert.equal(codes[row * stride + t], encode(values(row, t), columns[0]));
            assert.equal(codes[row * stride + windows], 0);
        }
    });
}

test("a blob that is too short is refused by name", () => {
    assert.throws(() => unpack(new Uint8Array(10), SPEC, 3, 211, 211), /Expected 633 bytes of x at 0, was 10/);
});
