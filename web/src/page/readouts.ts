/** Numbers next to the picture: the header's, and labels at the right edge of the chart. */

import { element, write } from "./dom.ts";
import { Readout } from "./parts.ts";
import type { Model } from "../derived/model.ts";
import { amount, fixed, percent, price as priceText } from "./text.ts";
import type { View } from "../control/view.ts";

export interface Moment {
    price: number;
    priceSe: number;
    net: number;
    se: number;
    flip: number;
    flipLow: number;
    flipHigh: number;
    callWall: number;
    putWall: number;
    callKept: number;
    putKept: number;
    regime: string | null;
    magnitude: string | null;
    confidence: number;
    /** Whose regime it is, where that is not what is shown. */
    regimeOf: string;
    unit: string;
}

export function momentOf(model: Model, view: View): Moment {
    const { day } = model;
    const t = view.moment;
    const row = model.levelRow(view);
    const regimeRow = model.regimeRow(view);
    return {
        price: model.price(t),
        priceSe: model.priceSe(t),
        ...model.net(view, t),
        flip: day.value("zero_gamma", row, t),
        flipLow: day.value("zero_gamma_low", row, t),
        flipHigh: day.value("zero_gamma_high", row, t),
        callWall: day.value("call_wall", row, t),
        putWall: day.value("put_wall", row, t),
        callKept: day.value("call_wall_kept", row, t),
        putKept: day.value("put_wall_kept", row, t),
        regime: day.word("regime", regimeRow, t),
        magnitude: day.word("magnitude", regimeRow, t),
        confidence: day.value("confidence", regimeRow, t),
        regimeOf: regimeRow === row ? "" : "of all selected expirations",
        unit: model.convention(view).unit,
    };
}

/** What a regime means for moves of the price, under the convention's assumption about signs. */
export const MEANING: Record<string, string> = {
    positive: "damps moves",
    negative: "amplifies moves",
    neutral: "neither damps nor amplifies",
};

/** From a tick of the price on its error stands in the header, else under the pointer alone. [index points] */
const TELLING_SE = 0.25;

/** "± 0.04", rounded as far as an error means something; empty where there is none. */
export function errorOfPrice(se: number): string {
    return Number.isNaN(se) ? "" : `± ${fixed(se, se < 1 ? 2 : 1)}`;
}

export class Readouts {
    private readonly price = new Readout("price", "Reference price of the front selected expiration, and its standard error where that is a tick or more [index points]; its line is broken from half a strike on");
    private readonly net = new Readout("net", "Net exposure of what is shown, with its standard error");
    private readonly flip = new Readout("flip", "Price at which net exposure changes sign, with its band");
    private readonly walls = new Readout("walls", "Call wall and put wall, with the share of redrawn quotes that keep them");
    private readonly regime = new Readout("regime", "Sign of net exposure under the convention's assumption, its size, and the quality of the data");

    constructor(host: HTMLElement) {
        host.append(...[this.price, this.net, this.flip, this.walls, this.regime].map((one) => one.node));
    }

    show(now: Moment, note: string): void {
        this.price.set(fixed(now.price, 2), now.priceSe >= TELLING_SE ? errorOfPrice(now.priceSe) : "");
        this.net.set(amount(now.net), `${Number.isNaN(now.se) ? "" : `± ${amount(now.se, false)} `}${now.unit}`);
        const hasBand = !Number.isNaN(now.flipLow) && !Number.isNaN(now.flipHigh);
        this.flip.set(note || fixed(now.flip, 1), note || !hasBand ? "" : `${fixed(now.flipLow, 0)} to ${fixed(now.flipHigh, 0)}`);
        const kept = [now.callKept, now.putKept].some((one) => !Number.isNaN(one));
        this.walls.set(
            note || `${priceText(now.callWall)} / ${priceText(now.putWall)}`,
            note || !kept ? "" : `kept ${percent(now.callKept)} / ${percent(now.putKept)}`,
        );
        const word = now.regime;
        const confidence = Number.isNaN(now.confidence) ? "" : `confidence ${percent(now.confidence)}`;
        this.regime.set(
            note ? "–" : word === null ? "unknown" : `${word === "negative" ? "− " : word === "positive" ? "+ " : ""}${word}`,
            note || word === null ? "" : [now.magnitude, MEANING[word], confidence, now.regimeOf].filter((one) => one).join(" · "),
        );
    }
}

interface Label {
    key: string;
    text: string;
    short: string;
    price: number;
}

/** Labels of levels at the right edge: at their price, apart from each other, pinned to the edge where their price is not seen. */
export class Labels {
    private readonly host: HTMLElement;
    private readonly nodes = new Map<string, HTMLElement>();

    constructor(host: HTMLElement) {
        this.host = host;
    }

    show(now: Moment, place: { top: number; height: number; left: number; low: number; high: number; text: number; isNarrow: boolean }): void {
        const all: Label[] = [
            { key: "price", text: fixed(now.price, 2), short: fixed(now.price, 2), price: now.price },
            { key: "flip", text: `flip ${fixed(now.flip, 1)}`, short: `flip ${fixed(now.flip, 1)}`, price: now.flip },
            { key: "call", text: `call wall ${priceText(now.callWall)}`, short: `call ${priceText(now.callWall)}`, price: now.callWall },
            { key: "put", text: `put wall ${priceText(now.putWall)}`, short: `put ${priceText(now.putWall)}`, price: now.putWall },
        ];
        const size = place.text * 1.5;
        const found = all
            .filter((label) => !Number.isNaN(label.price))
            .map((label) => {
                const wanted = place.top + ((place.high - label.price) / (place.high - place.low)) * place.height;
                const y = Math.max(place.top + size / 2, Math.min(place.top + place.height - size / 2, wanted));
                const arrow = label.price > place.high ? "↑ " : label.price < place.low ? "↓ " : "";
                return { ...label, y, wanted, shown: arrow + (place.isNarrow ? label.short : label.text) };
            })
            .sort((a, b) => a.wanted - b.wanted);
        spread(found, size, place.top, place.top + place.height);
        for (const label of all) {
            const at = found.find((one) => one.key === label.key);
            const node = this.node(label.key);
            node.hidden = !at;
            if (!at) continue;
            write(node, at.shown);
            node.style.transform = `translate(${place.left}px, ${at.y.toFixed(1)}px) translateY(-50%)`;
        }
    }

    private node(key: string): HTMLElement {
        let node = this.nodes.get(key);
        if (!node) {
            node = element("div", { class: `gex-label gex-label-${key}` });
            this.nodes.set(key, node);
            this.host.append(node);
        }
        return node;
    }
}

/** Move labels apart, down first and back up from the lower end. */
function spread(labels: { y: number }[], size: number, top: number, bottom: number): void {
    let free = top;
    for (const label of labels) {
        label.y = Math.max(label.y, free + size / 2);
        free = label.y + size / 2;
    }
    free = bottom;
    for (const label of [...labels].reverse()) {
        label.y = Math.min(label.y, free - size / 2);
        free = label.y - size / 2;
    }
}
