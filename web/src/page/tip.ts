/** What stands under the pointer: value ± error, unit, weight, convention, age of the quote, and since when it was known. */

import type { App } from "./app.ts";
import { element } from "./dom.ts";
import { OLD_AFTER_S } from "../derived/exposure.ts";
import { changed } from "../derived/change.ts";
import { errorOfPrice } from "./readouts.ts";
import { age, amount, clock, contracts, duration, fixed, price as priceText, words } from "./text.ts";

export interface Cell {
    t: number;
    k: number;
    strike: number;
    value: number;
    se: number;
    call: number;
    put: number;
    /** Whether it lies before the moment with which changes begin. */
    isBefore: boolean;
    ageS: number;
    unit: string;
    weight: string;
    convention: string;
}

/** The cell at a moment and a price; null where no window is. */
export function cellAt(app: App, time: number, price: number): Cell | null {
    const { model, day, view } = app;
    const [from, to] = model.time.columns(time, time + 0.001);
    if (to <= from || !model.exposure.strikes.length) return null;
    const place = model.exposure.nearest(price);
    const found = model.exposure.detail(place, from);
    const change = view.mode === "change" ? app.paint().change : null;
    const choice = model.choice(view);
    return {
        t: from,
        k: day.k(from),
        strike: model.exposure.strikes[place],
        ...changed(found, place, from, change),
        isBefore: change !== null && from < change.since,
        ageS: model.exposure.ageAt(place, from),
        unit: choice.convention.unit,
        weight: choice.weight,
        convention: `${choice.convention.name} ${choice.convention.version}`,
    };
}

function row(label: string, text: string): HTMLElement {
    return element("div", { class: "gex-tip-row" }, [element("span", {}, [label]), element("span", {}, [text])]);
}

export class Tip {
    private readonly app: App;
    private shown: { time: number; price: number; x: number; y: number } | null = null;

    constructor(app: App) {
        this.app = app;
    }

    hide(): void {
        this.shown = null;
        const { tip, crosshair } = this.app.elements;
        tip.hidden = crosshair.x.hidden = crosshair.y.hidden = true;
    }

    refresh(): void {
        if (this.shown) this.hide();
    }

    show(time: number, price: number, clientX: number, clientY: number): void {
        this.shown = { time, price, x: clientX, y: clientY };
        const { elements, charts } = this.app;
        const { crosshair } = elements;
        const isMain = !Number.isNaN(price);
        const cell = cellAt(this.app, time, isMain ? price : this.app.model.price(this.app.view.moment));
        const u = charts.main;
        const ratio = devicePixelRatio || 1;
        const x = u.bbox.left / ratio + u.valToPos(time, "x");
        crosshair.x.hidden = false;
        crosshair.x.style.transform = `translateX(${x}px)`;
        crosshair.y.hidden = !isMain || !cell;
        if (isMain && cell) crosshair.y.style.transform = `translateY(${u.bbox.top / ratio + u.valToPos(cell.strike, "y")}px)`;
        this.place(this.lines(time, price, cell, isMain), clientX, clientY);
    }

    /** What stands on the ribbon at a moment: the regime, or its change within `near` seconds. */
    showRegime(time: number, near: number, clientX: number, clientY: number): void {
        this.shown = { time, price: NaN, x: clientX, y: clientY };
        const { crosshair } = this.app.elements;
        crosshair.x.hidden = crosshair.y.hidden = true;
        this.place(this.regimeLines(time, near), clientX, clientY);
    }

    private place(lines: HTMLElement[], clientX: number, clientY: number): void {
        const { tip, plots } = this.app.elements;
        tip.replaceChildren(...lines);
        tip.hidden = false;
        const host = plots.getBoundingClientRect();
        const { offsetWidth, offsetHeight } = tip;
        const left = clientX - host.left + 16;
        const top = clientY - host.top + 16;
        tip.style.left = `${left + offsetWidth > host.width ? Math.max(4, left - offsetWidth - 32) : left}px`;
        tip.style.top = `${Math.max(4, Math.min(top, host.height - offsetHeight - 4))}px`;
    }

    private regimeLines(time: number, near: number): HTMLElement[] {
        const { model, view, day } = this.app;
        const regimes = model.regimes(view);
        const beginOf = (t: number): number => day.endOf(day.k(t)) - day.windowS;
        const away = (t: number): number => Math.abs(beginOf(t) - time);
        const close = (regimes?.changes ?? []).filter((one) => away(one.t) <= near).sort((a, b) => away(a.t) - away(b.t));
        const [change] = close;
        const net = (t: number): string => `${amount(day.value("net_gex", regimes!.row, t))} ${model.convention(view).unit}`;
        if (change) {
            const lasted = beginOf(change.t) - beginOf(change.since);
            const rows = [row("known since", `${clock(day.endOf(day.k(change.t)))} UTC`), row("net", net(change.t)), row(`${change.from} for`, duration(lasted))];
            if (close.length > 1) rows.push(row("changes near", `${close.length - 1} more`));
            return [element("b", {}, [`regime ${change.from} → ${change.to}`]), ...rows];
        }
        const [from, to] = model.time.columns(time, time + 0.001);
        const word = regimes && to > from ? day.word("regime", regimes.row, from) : null;
        if (!regimes || word === null) return [element("div", { class: "gex-dim" }, [`${clock(time)} UTC · no regime`])];
        const since = regimes.before(from);
        return [element("b", {}, [`regime ${word}`]), row("net", net(from)), row("since", since ? `${clock(day.endOf(day.k(since.t)))} UTC` : "the day's beginning")];
    }

    private lines(time: number, price: number, cell: Cell | null, isMain: boolean): HTMLElement[] {
        const { model, view, day } = this.app;
        if (!cell) return [element("div", { class: "gex-dim" }, [`${clock(time)} UTC · no window: closed, or missing`])];
        const end = clock(day.endOf(cell.k));
        const found: HTMLElement[] = [];
        const curve = view.mode === "field" ? model.curveRow(view) : -1;
        if (isMain && curve >= 0) {
            found.push(element("b", {}, [`${amount(this.fieldAt(curve, cell.t, price))} ${cell.unit}`]));
            found.push(row("net, if the price were", fixed(price, 1)));
        } else if (isMain) {
            const isKnown = !Number.isNaN(cell.value);
            const error = Number.isNaN(cell.se) ? "" : ` ± ${amount(cell.se, false)}`;
            const kind = view.mode === "change" ? "change " : "";
            const absent = cell.isBefore ? "before the change begins" : "missing: no gamma or no contracts";
            found.push(element("b", {}, [isKnown ? `${kind}${amount(cell.value)}${error} ${cell.unit}` : absent]));
            if (kind && error) found.push(row("±", "errors of both moments, taken as independent"));
            found.push(row("strike", priceText(cell.strike)));
            if (!Number.isNaN(cell.call)) found.push(row("calls, signed", contracts(cell.call)));
            if (!Number.isNaN(cell.put)) found.push(row("puts, signed", contracts(cell.put)));
            // The age is packed with steps of some 80 %, once a minute.
            found.push(row("quote", `${Number.isNaN(cell.ageS) ? "" : "about "}${age(cell.ageS)}${cell.ageS > OLD_AFTER_S ? ", old" : ""}`));
        }
        const vacuum = model.vacuum(cell.t);
        if (!isMain) found.push(element("b", {}, [`vacuum ${fixed(vacuum, 1).replace("-", "−")}`]));
        found.push(row("price", `${fixed(model.price(cell.t), 2)} ${errorOfPrice(model.priceSe(cell.t))}`), row("weight", words(cell.weight)), row("convention", cell.convention));
        found.push(row("known since", `${end} UTC`));
        return found;
    }

    private fieldAt(curve: number, t: number, price: number): number {
        const { prices } = this.app.day.header.profile!;
        const values = this.app.model.curve(curve, t);
        const place = (price - prices[0]) / (prices[1] - prices[0]);
        const low = Math.floor(place);
        if (!values || low < 0 || low + 1 >= prices.length) return NaN;
        return values[low] + (values[low + 1] - values[low]) * (place - low);
    }
}
