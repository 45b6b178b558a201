import assert from "node:assert/strict";
import { test } from "node:test";
import type { Day } from "../src/data/day.ts";
import { Exposure, UNSURE } from "../src/derived/exposure.ts";
import { meanOf } from "../src/drawing/heat.ts";
import { Scale, sizesOf } from "../src/derived/scale.ts";
import { factor, weightsFor, type Side } from "../src/derived/signs.ts";
import { begun, loaded } from "./loaded.ts";

function exposure(day: Day, name: string, { weight, side = "net", scope = "selected" }: { weight?: string; side?: Side; scope?: string } = {}): Exposure {
    const convention = day.header.conventions.find((one) => one.name === name)!;
    return new Exposure(day, { convention, weight: weight ?? convention.weight!, side, scope });
}

/** The formula, line by line, with nothing kept. */
function plain(day: Day, name: string, weight: string, side: Side, strike: number, t: number, expirations: number[]): number {
    const convention = day.header.conventions.find((one) => one.name === name)!;
    let sum = NaN;
    day.header.lines.forEach((line, row) => {
        if (line.strike !== strike || !expirations.includes(line.expiration)) return;
        const F = day.value("forward", line.expiration, t);
        const scaled = convention.scale === "usd_per_1pct" ? 50 * F * F * 0.01 : 50 * F;
        for (const right of ["call", "put"] as const) {
            if (side !== "net" && side !== right) continue;
            const contracts = Math.abs(day.value(`${right}_${weight}`, row, t));
            const flow = Math.sign(day.value(`${right}_flow_inventory`, row, t));
            const sign = { field: right === "call" ? 1 : -1, magic8: right === "call" ? -1 : 1, flow }[name]!;
            const one = day.value("gamma", row, t) * contracts * sign * scaled;
            if (!Number.isNaN(one)) sum = Number.isNaN(sum) ? one : sum + one;
        }
    });
    return sum;
}

for (const [name, weight] of [["field", "open_interest"], ["flow", "flow_inventory"], ["flow", "open_interest"], ["magic8", "open_interest"]]) {
    for (const side of ["net", "call", "put"] as const) {
        test(`${name} by ${weight}, ${side}: as the formula says, strike by strike`, async () => {
            const day = await loaded({ windows: 2000 });
            const found = exposure(day, name, { weight, side });
            for (let place = 0; place < found.strikes.length; place += 9) {
                for (const t of [0, 7, 999, 1999]) {
                    const expected = plain(day, name, weight, side, found.strikes[place], t, [0, 1]);
                    const { value } = found.detail(place, t);
                    if (Number.isNaN(expected)) assert.ok(Number.isNaN(value) && Number.isNaN(found.at(place, t)));
                    else assert.ok(Math.abs(value - expected) <= 1e-9 * Math.abs(expected) && Math.abs(found.at(place, t) - expected) <= 1e-6 * Math.abs(expected));
                }
            }
        });
    }
}

test("a scope counts its expirations alone", async () => {
    const day = await loaded({ windows: 500 });
    const found = exposure(day, "field", { scope: "exp:2026-03-20" });
    assert.equal(found.strikes.length, 61);
    const place = found.nearest(6900);
    const expected = plain(day, "field", "open_interest", "net", 6900, 44, [1]);
    assert.ok(Math.abs(found.detail(place, 44).value - expected) < 1e-6 * Math.abs(expected));
    assert.equal(exposure(day, "field", { scope: "0dte" }).strikes.length, 121);
});

test("standard errors of lines add up by their squares, and mark what is within two of zero", async () => {
    const day = await loaded({ windows: 500 });
    const found = exposure(day, "field");
    const far = found.nearest(6625);
    const near = found.nearest(6920);
    const both = found.nearest(6950);
    const squares = [0, 1].map((expiration) => {
        const row = day.header.lines.findIndex((line) => line.expiration === expiration && line.strike === 6950);
        return (day.value("gamma_se_share", row, 24) * plain(day, "field", "open_interest", "net", 6950, 24, [expiration])) ** 2;
    });
    assert.ok(Math.abs(found.detail(both, 24).se - Math.sqrt(squares[0] + squares[1])) < 1e-6 * Math.sqrt(squares[0]));
    assert.equal(found.marksAt(near, 24) & UNSURE, 0);
    assert.equal(found.marksAt(far, 24) & UNSURE, UNSURE);
});

test("windows that come later are derived as those of the file", async () => {
    const { day, full, rest } = await begun(300, 420);
    const grown = exposure(day, "field");
    for (const [i, message] of rest.entries()) {
        day.append(message);
        if (i % 11 === 0) grown.extend();
    }
    grown.extend();
    const whole = exposure(full, "field");
    for (let place = 0; place < whole.strikes.length; place += 5) {
        for (let t = 0; t < 420; t++) {
            assert.deepEqual(grown.at(place, t), whole.at(place, t));
            assert.equal(grown.marksAt(place, t), whole.marksAt(place, t));
        }
        const [ours, theirs] = [grown, whole].map((one) => meanOf(one.row(place), 16, 416));
        assert.ok(Math.abs(ours - theirs) <= 1e-6 * Math.abs(theirs) || Number.isNaN(theirs));
    }
});

test("rows are derived for what is looked at, and one window of all strikes is as their rows have it", async () => {
    const day = await loaded({ windows: 720 });
    for (const [name, scope] of [["field", "selected"], ["flow", "0dte"]]) {
        const [found, whole] = [exposure(day, name, { scope }), exposure(day, name, { scope })];
        const near = found.nearest(6920);
        assert.ok(found.at(near, 700) !== 0);
        for (const t of [0, 305, 719]) {
            const { values, squares } = found.all(t);
            for (let place = 0; place < found.strikes.length; place++) {
                assert.deepEqual(values[place], whole.at(place, t));
                assert.ok(Math.abs(squares[place] - whole.squaresAt(place, t)) <= 1e-6 * squares[place], `${squares[place]}, expected ${whole.squaresAt(place, t)}`);
            }
        }
        const derived = (found as unknown as { rows: unknown[] }).rows.filter((row) => row !== undefined);
        assert.equal(derived.length, 1);
    }
});

test("the trailing scale of a window is the same however much of the day is known after it", async () => {
    const full = await loaded({ windows: 720 });
    const price = (t: number): number => full.value("reference_price", 0, t);
    const sizes = sizesOf(exposure(full, "field"), price);
    const whole = new Scale(full.perMinute);
    whole.extend(sizes, 720);
    assert.ok(whole.at(0) > 0 && new Set(Array.from({ length: 720 }, (_, t) => whole.at(t))).size > 1);
    const grown = new Scale(full.perMinute);
    // Pieces that fit no block, as a page that was opened at any moment gets them.
    for (let known = 1; known <= 720; known += 7) {
        const prefix = new Scale(full.perMinute);
        prefix.extend(sizes, known);
        grown.extend(sizes, known);
        for (const t of [0, Math.floor(known / 2), known - 1]) {
            assert.equal(prefix.at(t), whole.at(t), `window ${t} of ${known}`);
            assert.equal(grown.at(t), whole.at(t), `window ${t} of ${known}, grown`);
        }
        assert.equal(grown.fixed, prefix.fixed);
    }
});

test("a day that grows in a replay has the scale of its file", async () => {
    const { day, full, rest } = await begun(250, 420);
    const price = (of: Day) => (t: number): number => of.value("reference_price", 0, t);
    const grown = new Scale(day.perMinute);
    const derived = exposure(day, "field");
    grown.extend(sizesOf(derived, price(day)), 250);
    for (const message of rest) {
        day.append(message);
        derived.extend();
        grown.extend(sizesOf(derived, price(day)), day.windows);
    }
    const whole = new Scale(full.perMinute);
    whole.extend(sizesOf(exposure(full, "field"), price(full)), 420);
    for (let t = 0; t < 420; t++) assert.equal(grown.at(t), whole.at(t));
});

test("the scale of changes knows nothing of what was before they begin", async () => {
    const day = await loaded({ windows: 720 });
    const price = (t: number): number => day.value("reference_price", 0, t);
    const field = exposure(day, "field");
    const base = Float64Array.from(field.strikes, (_, place) => field.at(place, 360));
    const scale = new Scale(day.perMinute);
    scale.extend(sizesOf(field, price, base, 360), 720);
    assert.ok(Number.isNaN(scale.at(359)) && scale.at(719) > 0);
});

test("a minute has as many windows of the page as its stride leaves", async () => {
    const day = await loaded({ windows: 24 });
    for (const [stride, perMinute] of [[1, 12], [2, 6], [4, 3], [16, 1], [64, 1]]) {
        day.header.stride = stride;
        assert.equal(day.perMinute, perMinute);
    }
});

test("units: factors of all scales", () => {
    assert.equal(factor("usd_per_1pct", 7000, 50), 50 * 7000 * 7000 * 0.01);
    assert.equal(factor("usd_per_point", 7000, 50), 350_000);
    assert.equal(factor("delta_per_point", 7000, 50), 50);
    assert.equal(factor("contracts_per_1pct", 7000, 50), 70);
    assert.ok(Number.isNaN(factor("delta_per_point", NaN, 50)));
});

test("signed flow is offered only where its sign is read", async () => {
    const { conventions } = (await loaded({ windows: 12 })).header;
    const weights = ["open_interest", "flow_inventory"];
    assert.deepEqual(weightsFor(conventions[0], weights), ["open_interest"]);
    assert.deepEqual(weightsFor(conventions[1], weights), weights);
});
