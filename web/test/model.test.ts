import assert from "node:assert/strict";
import { test } from "node:test";
import { first } from "../src/control/view.ts";
import { changed } from "../src/derived/change.ts";
import { isUnsure } from "../src/derived/exposure.ts";
import { Model } from "../src/derived/model.ts";
import { HeatPainter } from "../src/drawing/heat.ts";
import { stretchesOf } from "../src/drawing/overlay.ts";
import { momentOf } from "../src/page/readouts.ts";
import { Palette } from "../src/drawing/palette.ts";
import { Regimes } from "../src/derived/regimes.ts";
import { begun, loaded } from "./loaded.ts";

const palette = new Palette("red-green", "dark", "#000000", "#444444");

// Node has no images; the painter needs their memory alone.
class PlainImage {
    readonly data: Uint8ClampedArray;
    constructor(readonly width: number, readonly height: number) {
        this.data = new Uint8ClampedArray(4 * width * height);
    }
}
Object.assign(globalThis, { ImageData: PlainImage });

test("what is 0DTE changes with the session, over midnight", async () => {
    const day = await loaded({ onlyTimes: true });
    Object.assign(day.header.expirations[1], { date: "2026-01-07", is_0dte: true, ts_ns: `${day.midnight + 86_400 + 75_600}000000000` });
    const model = new Model(day);
    model.derive({ ...first(day), scope: "0dte", side: "call" });
    const [tomorrow, today] = [0, 1].map((place) => model.exposure.strikes[place]);
    assert.deepEqual([tomorrow, today], [6200, 6625]);
    const noon = day.columnAt(8_640);
    const evening = day.columnAt(16_600);
    const known = (t: number): boolean[] => [0, 1].map((place) => !Number.isNaN(model.exposure.at(place, t)));
    const listed = (t: number): boolean[] => [0, 1].map((place) => model.isListed(place, t));
    for (const of of [known, listed]) {
        assert.deepEqual(of(noon), [false, true], `${of.name} in the session of the 6th`);
        assert.deepEqual(of(evening), [true, false], `${of.name} in the session of the 7th`);
        assert.deepEqual(of(day.columnAt(15_839)), [false, false], `${of.name} after today's expiration, before the next session`);
    }
    assert.deepEqual(model.listedIn(0), [[day.columnAt(16_560), day.windows]]);
    assert.deepEqual(model.listedIn(1), [[0, day.columnAt(15_118) + 1]]);
    assert.ok(Number.isNaN(model.exposure.detail(0, noon).value) && Number.isNaN(model.exposure.ageAt(0, noon)));
    // Where it does not count, the ground is seen, and not the grey of what is missing.
    const frame = { width: 96, height: 10, start: day.midnight, stop: day.midnight + 86_400, low: 6195, high: 6205 };
    const stretches = stretchesOf(frame, model.time);
    const paint = model.paint({ ...first(day), scope: "0dte" }, palette, 2);
    const painter = new HeatPainter();
    painter.strikes(frame, model.exposure, stretches, { ...paint, scale: () => 1e-9 }, 5, model.listedIn);
    const row = painter.pixels.subarray(5 * 96, 6 * 96);
    assert.deepEqual([row[48], row[90], row[94]].map((one) => one === palette.background), [true, true, false]);
});

test("the error of a change is that of a difference, and nothing stands before it begins", async () => {
    const day = await loaded({ windows: 720 });
    const model = new Model(day);
    const view = { ...first(day), mode: "change" as const, since: 360 };
    model.derive(view);
    const { change } = model.paint(view, palette, 2);
    const place = model.exposure.nearest(6920);
    const [before, since, now] = [240, 360, 600].map((t) => model.exposure.detail(place, t));
    const found = changed(now, place, 600, change);
    assert.ok(Math.abs(found.value - (now.value - since.value)) < 1e-6 * Math.abs(since.value));
    assert.ok(Math.abs(found.se - Math.hypot(now.se, since.se)) < 1e-5 * found.se);
    assert.deepEqual(changed(before, place, 240, change), { ...before, value: NaN, se: NaN });
    // A change that is small against the errors of its two moments is hatched, though the exposure is sure.
    assert.ok(!isUnsure(now.value, now.se ** 2));
    const small = { ...now, value: since.value + 0.5 * found.se };
    assert.ok(isUnsure(changed(small, place, 600, change).value, found.se ** 2));
});

test("the hatch of changes follows their own error", async () => {
    const day = await loaded({ windows: 720 });
    const model = new Model(day);
    const frame = { width: 60, height: 9, start: day.midnight, stop: day.midnight + 3600, low: 6915.5, high: 6924.5 };
    const stretches = stretchesOf(frame, model.time);
    const hatchedAt = (mode: "strikes" | "change", since: number): boolean => {
        const view = { ...first(day), mode, since };
        model.derive(view);
        const painter = new HeatPainter();
        const paint = model.paint(view, palette, 1);
        painter.strikes(frame, model.exposure, stretches, paint, 5, model.listedIn);
        const at = (y: number): number => painter.pixels[y * 60 + 40];
        return at(4) !== at(5);
    };
    assert.ok(!hatchedAt("strikes", 0), "the exposure of 6920 is beyond its errors");
    assert.ok(hatchedAt("change", 479), "its change within a minute is not");
});

test("a change of regime is from a known one to another, and windows without one are none", async () => {
    const { day, rest, full } = await begun(300, 420);
    const words = ["positive", "positive", null, "positive", "neutral", null, "negative", "neutral"];
    rest.forEach((message, i) => {
        message.columns.regime = full.header.levels.map(() => words[Math.floor(i / 15)]);
    });
    const regimes = new Regimes(day, 0);
    const before = regimes.changes.length;
    const known = Array.from({ length: 300 }, (_, t) => day.word("regime", 0, t)).filter((one) => one !== null).pop();
    for (const message of rest) {
        day.append(message);
        regimes.extend();
    }
    const found = regimes.changes.slice(before).map(({ t, from, to }) => [t, from, to]);
    const first = known === "positive" ? [] : [[300, known, "positive"]];
    assert.deepEqual(found, [...first, [360, "positive", "neutral"], [390, "neutral", "negative"], [405, "negative", "neutral"]]);
    assert.deepEqual(regimes.changes, new Regimes(day, 0).changes);
    assert.equal(regimes.before(392)?.t, 390);
    assert.equal(regimes.changes[regimes.changes.length - 1].since, 390);
});

test("a regime is that of all selected expirations, and says so next to another scope", async () => {
    const day = await loaded({ windows: 120 });
    const model = new Model(day);
    const of = (scope: string): string => {
        const view = { ...first(day), scope };
        model.derive(view);
        return momentOf(model, view).regimeOf;
    };
    assert.deepEqual(["selected", "0dte", "exp:2026-03-20"].map(of), ["", "of all selected expirations", "of all selected expirations"]);
});
