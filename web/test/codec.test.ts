import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf, decode, encode, unpack } from "../src/data/codec.ts";
import type { ColumnSpec } from "../src/data/format.ts";
import { Matrix } from "../src/data/matrix.ts";
import { Steps } from "../src/data/steps.ts";
import { expanded } from "../src/data/inflate.ts";
import { packed, squeezed } from "./packing.ts";

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

/** A row that begins missing, one that never changes, one that is missing all day, one that changes at the edges. */
const SELDOM = (row: number, t: number): number | null => [t < 40 ? null : -5 + Math.floor(t / 50), 70_000, null, t === 0 ? 3 : t === 210 ? -3 : 1][row];

for (const every of [1, 12]) {
    test(`a column that seldom changes is the same as changes, with ${every} windows a value`, () => {
        const [rows, windows] = [4, 211 * every];
        const { columns, bytes } = packed("b", windows, [{ spec: { ...SPEC, every }, rows, values: (row, t) => SELDOM(row, Math.floor(t / every)) }]);
        const changes = changesOf(expanded(squeezed(bytes)), columns[0], rows, 211)!;
        assert.equal(changes.codes.length, 5 + 1 + 3);
        const dense = new Matrix(columns[0], rows, 211, unpack(bytes, columns[0], rows, 211, 211));
        const seldom = new Matrix(columns[0], rows, 211, changes);
        for (let row = 0; row < rows; row++) {
            for (const t of [0, windows - 1, 1, ...Array.from({ length: windows }, (_, i) => i)]) assert.deepEqual(seldom.at(row, t), dense.at(row, t));
            for (const [from, to] of [[0, windows], [7, 8], [60 * every + 3, 150 * every + 1]]) {
                const [ours, theirs] = [seldom, dense].map((one) => {
                    const steps = one.steps(row, from, to, new Steps());
                    return Array.from({ length: steps.count }, (_, i) => [steps.starts[i], steps.endOf(i), steps.values[i]]);
                });
                assert.deepEqual(ours, theirs);
                for (const [begin, end, value] of ours) for (const t of [begin, end - 1]) assert.deepEqual(value, dense.at(row, t));
                assert.deepEqual([ours[0][0], ours[ours.length - 1][1]], [from, to]);
            }
        }
    });
}

test("a column that changes often is not kept as changes", () => {
    const { columns, bytes } = packed("b", 211, [{ spec: SPEC, rows: 3, values: (row, t) => row + (t % 3) }]);
    assert.equal(changesOf(expanded(squeezed(bytes)), columns[0], 3, 211), null);
});

test("steps of two rows are combined cell by cell", () => {
    const of = (...steps: [number, number][]): Steps => {
        const made = new Steps().clear(12);
        for (const [start, value] of steps) made.push(start, value);
        return made;
    };
    const [a, b] = [of([2, 1], [5, 2], [9, NaN]), of([2, 10], [5, 20], [7, 30])];
    const sums = new Steps().combine(a, b, (x, y) => x + y);
    assert.deepEqual(Array.from({ length: sums.count }, (_, i) => [sums.starts[i], sums.endOf(i), sums.values[i]]), [[2, 5, 11], [5, 7, 22], [7, 9, 32], [9, 12, NaN]]);
});

test("parts are expanded one after the other, wherever their blocks begin", () => {
    const parts = [new Uint8Array(75), Uint8Array.from({ length: 40 }, (_, i) => (i === 39 ? 9 : 0)), new Uint8Array(0), Uint8Array.of(0, 0, 7)];
    const { bytes, held } = expanded(Uint8Array.from(Buffer.concat(parts.map(squeezed))));
    assert.deepEqual([...bytes], [...Buffer.concat(parts)]);
    bytes.forEach((one, at) => assert.ok(one === 0 || held[Math.floor(at / 32)] === 1));
    assert.equal(held[0], 0);
});

test("parts that are cut off are refused", () => {
    const whole = squeezed(new Uint8Array(200).fill(1));
    for (const left of [2, 5, 30]) assert.throws(() => expanded(whole.subarray(0, left)), /Expected whole blocks, was less/);
});

test("a column kept as changes grows, is cut, and becomes codes where it changes often", () => {
    for (const every of [1, 3]) {
        const spec = { ...SPEC, every };
        const [rows, begun, stride] = [2, 4, 60];
        const values = (row: number, t: number): number | null => (row === 0 ? (t % 11 === 0 ? null : t < 30 ? 7 : 70_000 + t) : t < 100 ? -1 : t);
        const cells = (t: number): (number | null)[] => [0, 1].map((row) => values(row, t));
        const { columns, bytes } = packed("b", begun * every, [{ spec, rows, values }]);
        const grown = new Matrix(columns[0], rows, stride, changesOf(expanded(squeezed(bytes)), columns[0], rows, begun, stride)!);
        const plain = new Matrix(columns[0], rows, stride, unpack(bytes, columns[0], rows, begun, stride));
        const isSame = (to: number): void => {
            for (let row = 0; row < rows; row++) for (let t = to - 1; t >= 0; t--) assert.deepEqual(grown.at(row, t), plain.at(row, t), `row ${row} window ${t} of ${to}, ${every} a value`);
        };
        const isChanges = (): boolean => (grown as unknown as { runs: unknown }).runs !== null;
        for (let t = begun * every; t < 50; t++) for (const one of [grown, plain]) one.append(t, cells(t), undefined);
        isSame(50);
        for (const one of [grown, plain]) one.cut(25, 50);
        isSame(25);
        assert.ok(isChanges());
        for (let t = 25; t < stride * every; t++) for (const one of [grown, plain]) one.append(t, cells(t), undefined);
        isSame(stride * every);
        assert.ok(!isChanges());
    }
});
