import assert from "node:assert/strict";
import { test } from "node:test";
import { Day } from "../src/data/day.ts";
import { TimeAxis } from "../src/data/time.ts";
import { begun, loaded, messageOf } from "./loaded.ts";
import { madeUp } from "./made_up.ts";

test("windows that are appended equal those of the file", async () => {
    const { day, full, rest } = await begun(300, 420);
    for (const message of rest) assert.equal(day.append(message), true);
    assert.equal(day.windows, full.windows);
    for (const spec of full.header.columns.filter((one) => one.axis !== "profile" && !one.name.includes("flow"))) {
        for (let row = 0; row < full.rowsOf(spec.axis); row += 7) {
            for (let t = 290; t < 420; t++) {
                const [ours, theirs] = [day.need(spec.name).at(row, t), full.need(spec.name).at(row, t)];
                assert.ok(Object.is(ours, theirs) || ours === theirs, `${spec.name} row ${row} window ${t}: ${ours}, expected ${theirs}`);
            }
        }
    }
});

test("a window that is there already is not added again, as after a reconnection", async () => {
    const { day, rest } = await begun(300, 302);
    assert.equal(day.append(rest[0]), true);
    assert.equal(day.append(rest[0]), false);
    assert.equal(day.append({ k: 3, columns: {} }), false);
    assert.equal(day.windows, 301);
});

test("a day that is cut and gets its windows again is what it was", async () => {
    const { day, full, rest } = await begun(300, 360);
    for (const message of [...rest.slice(0, 10), ...rest.slice(40)]) day.append(message);
    const missing = rest[20].k;
    assert.deepEqual([rest[9].k, missing, rest[40].k, rest[59].k + 1].map((k) => day.lacks(k)), [false, true, false, false]);
    day.cut(missing);
    assert.equal(day.windows, 310);
    for (const message of rest.slice(10)) assert.equal(day.append(message), true);
    for (const name of ["gamma", "gamma_se_share", "call_open_interest", "reference_price", "k"]) {
        const [ours, theirs] = [day.need(name), full.need(name)];
        for (let row = 0; row < theirs.rows; row += 9) for (let t = 290; t < 360; t++) assert.deepEqual(ours.at(row, t), theirs.at(row, t), `${name} ${row} ${t}`);
    }
});

test("what a window does not say is missing", async () => {
    const { day } = await begun(300, 302);
    day.append({ k: day.k(299) + 1, columns: { reference_price: 6900.25 } });
    assert.equal(day.value("reference_price", 0, 300), 6900.25);
    assert.ok(Number.isNaN(day.value("gamma", 5, 300)));
    assert.equal(day.word("regime", 0, 300), null);
});

test("a larger value than the file's type holds widens the column", async () => {
    const { day, full } = await begun(300, 301);
    const message = messageOf(full, 300);
    message.columns.call_open_interest = full.header.lines.map(() => 4_000_000);
    day.append(message);
    assert.equal(day.value("call_open_interest", 3, 300), 4_000_000);
    assert.equal(day.value("call_open_interest", 3, 299), full.value("call_open_interest", 3, 299));
});

test("a value shared by several windows is the first that is known", async () => {
    const { day } = await begun(300, 301);
    const ages = (value: number | null): (number | null)[] => day.header.lines.map(() => value);
    day.append({ k: day.k(299) + 1, columns: { quote_age_s: ages(null) } });
    day.append({ k: day.k(300) + 1, columns: { quote_age_s: ages(2) } });
    day.append({ k: day.k(301) + 1, columns: { quote_age_s: ages(50) } });
    assert.ok(Math.abs(day.value("quote_age_s", 0, 302) - 2) < 0.2);
});

test("another format is refused", () => {
    assert.throws(() => new Day({ ...madeUp({ windows: 12 }).header, format: 9 }), /Expected a page of format 2, was 9/);
});

test("columns of a stretch of time, across a hole and closed hours", async () => {
    const day = await loaded({ onlyTimes: true });
    const time = new TimeAxis(day);
    const at = (k: number): number => day.midnight + k * 5;
    assert.deepEqual(time.columns(at(0), at(1)), [0, 1]);
    assert.deepEqual(time.columns(at(2400), at(2520)), [2400, 2400]);
    assert.deepEqual(time.columns(at(2390), at(2530)), [2390, 2410]);
    assert.deepEqual(time.columns(at(15_840), at(16_560)), [15_720, 15_720]);
    assert.equal(time.hasGapBefore(2400), true);
    assert.equal(time.hasGapBefore(2401), false);
    assert.deepEqual(time.range, [0, 17_279]);
});

test("the column at a k is the last at or before it", async () => {
    const day = await loaded({ onlyTimes: true });
    assert.equal(day.columnAt(-1), -1);
    assert.equal(day.columnAt(2450), 2399);
    assert.equal(day.columnAt(2520), 2400);
    assert.equal(day.columnAt(99_999), day.windows - 1);
});
