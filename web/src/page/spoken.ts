/** For screen readers: a table of the ladder, and announcements of moment, price, net, flip and regime. */

import type { App } from "./app.ts";
import { element, type Elements } from "./dom.ts";
import { MEANING, type Moment } from "./readouts.ts";
import { amount, clock, fixed, price as priceText } from "./text.ts";

/** Least time between two updates while the moment moves: readers must be able to follow. [ms] */
const PLAYING_EVERY_MS = 10_000;
const RESTING_AFTER_MS = 400;

export class Announcer {
    private readonly elements: Elements;
    private timer = 0;
    private last = 0;
    /** What was said last; at first what stands when the page opens, which is read like all else. */
    private said: string | null = null;

    constructor(elements: Elements) {
        this.elements = elements;
    }

    show(app: App, now: Moment): void {
        clearTimeout(this.timer);
        // Taken at once: a key pressed before the first writing is a change to announce.
        this.said ??= sentence(app, now);
        const isDue = performance.now() - this.last > PLAYING_EVERY_MS;
        if (app.view.playing && !isDue) return;
        this.timer = window.setTimeout(() => this.write(app, now), app.view.playing ? 0 : RESTING_AFTER_MS);
    }

    private write(app: App, now: Moment): void {
        this.last = performance.now();
        this.elements.table.replaceChildren(table(app, now));
        const text = sentence(app, now);
        if (text === this.said) return;
        this.said = text;
        this.elements.announcer.textContent = text;
    }
}

function sentence(app: App, now: Moment): string {
    const end = app.day.endOf(app.day.k(app.view.moment));
    const regime = now.regime === null ? "regime unknown" : `regime ${now.regime}${now.regimeOf && ` ${now.regimeOf}`}, ${MEANING[now.regime] ?? ""}`;
    const flip = Number.isNaN(now.flip) ? "no flip" : `flip ${fixed(now.flip, 1)}`;
    return `${clock(end)} UTC. Price ${fixed(now.price, 2)}. Net ${amount(now.net)} ${now.unit}. ${flip}. ${regime}.`;
}

function table(app: App, now: Moment): HTMLElement {
    const end = app.day.endOf(app.day.k(app.view.moment));
    const rows = app.rungs().map((row) =>
        element("tr", {}, [
            element("th", { scope: "row" }, [priceText(row.strike)]),
            element("td", {}, [amount(row.value)]),
            element("td", {}, [amount(row.se, false)]),
        ]),
    );
    const heads = ["Strike", `Exposure, ${now.unit}`, "Standard error"].map((text) => element("th", { scope: "col" }, [text]));
    const caption = `Strikes around the price ${fixed(now.price, 2)} at ${clock(end)} UTC`;
    return element("table", {}, [
        element("caption", {}, [caption]),
        element("thead", {}, [element("tr", {}, heads)]),
        element("tbody", {}, rows),
    ]);
}
