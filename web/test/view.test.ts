import assert from "node:assert/strict";
import { test } from "node:test";
import { Palette, stepOf, STEPS } from "../src/drawing/palette.ts";
import { age, amount, clock, contracts, duration, newYork, price, words } from "../src/page/text.ts";
import { addressOf, first, viewOf, type View } from "../src/control/view.ts";
import { loaded } from "./loaded.ts";

test("an address brings a view back", async () => {
    const day = await loaded({ windows: 6000 });
    const view: View = {
        ...first(day),
        convention: "flow",
        weight: "open_interest",
        side: "put",
        scope: "exp:2026-03-20",
        mode: "change",
        since: 2500,
        palette: "blue-orange",
        theme: "light",
        contrast: 2.5,
        scale: "fixed",
        moment: 4321,
        x: [day.midnight + 3600, day.midnight + 7200],
        y: [6890.5, 6960.25],
        speed: 600,
    };
    assert.deepEqual(viewOf(`#${addressOf(view, day)}`, day), view);
    assert.equal(addressOf(first(day), day), "");
});

test("an address with what is not there leaves the first view", async () => {
    const day = await loaded({ windows: 600 });
    const address = "#convention=none&weight=flow_inventory&side=both&scope=exp:1999-01-01&view=%3Cb%3E&t=yesterday&x=9-3&y=-&contrast=99&speed=-1&since=x";
    assert.deepEqual(viewOf(address, day), first(day));
});

test("numbers, as people read them", () => {
    assert.deepEqual([1.044e9, -326.5e6, 0, 19_940, -1.7, 0.0312, NaN].map((one) => amount(one)), ["+1.04 bn", "−327 m", "0", "+19.9 k", "−1.7", "+0.031", "–"]);
    assert.equal(amount(5.5e7, false), "55.0 m");
    assert.deepEqual([0.25, 1.4, 12.4, 300, 9000, NaN].map(age), ["250 ms", "1 s", "12 s", "5 min", "2.5 h", "no quote"]);
    assert.deepEqual([7, 60, 95, 3600, 5025].map(duration), ["7 s", "1 min", "1 min 35 s", "1 h", "1 h 23 min"]);
    assert.equal(contracts(-12_345.5), "−12,345.5");
    assert.equal(price(6919.83), "6919.83");
    assert.equal(words("flow_inventory"), "flow inventory");
});

test("clocks, in winter and in summer", () => {
    assert.equal(clock(Date.UTC(2026, 0, 6, 14, 30, 5) / 1000), "14:30:05");
    assert.equal(newYork(Date.UTC(2026, 0, 6, 14, 30, 5) / 1000), "09:30:05");
    assert.equal(newYork(Date.UTC(2026, 6, 6, 13, 30, 0) / 1000), "09:30:00");
});

test("a tenth of the full exposure is a third of the colour; signs are on their sides", () => {
    assert.equal(stepOf(0.1), Math.round(Math.sqrt(0.1) * STEPS));
    assert.equal(stepOf(-4), -STEPS);
    assert.equal(stepOf(0), 0);
});

/** Lightness of blue and orange, red and green must grow with the exposure on a dark ground, and fall on a light one. */
for (const [theme, ground] of [["dark", "#0a0d13"], ["light", "#ffffff"]] as const) {
    for (const name of ["red-green", "blue-orange"] as const) {
        test(`${name} on ${theme}: ever farther from the ground`, () => {
            const { colours } = new Palette(name, theme, ground, "#808080");
            const luma = (colour: number): number => 0.2126 * (colour & 255) + 0.7152 * ((colour >> 8) & 255) + 0.0722 * ((colour >> 16) & 255);
            const base = luma(colours[STEPS]);
            for (const sign of [-1, 1]) {
                let before = 0;
                for (let step = 4; step <= STEPS; step += 4) {
                    const away = Math.abs(luma(colours[STEPS + sign * step]) - base);
                    assert.ok(away > before, `${name} ${theme} step ${sign * step}: ${away}, before ${before}`);
                    before = away;
                }
            }
        });
    }
}
