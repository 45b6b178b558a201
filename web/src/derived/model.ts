/** What is drawn, derived from a day for the current view: exposure, scales, curves of the profile, levels. No element of the page. */

import type { Change } from "./change.ts";
import type { Day } from "../data/day.ts";
import { countedIn, expirationsIn, Exposure, type Choice } from "./exposure.ts";
import type { Convention, Expiration } from "../data/format.ts";
import type { Paint } from "../drawing/heat.ts";
import type { Palette } from "../drawing/palette.ts";
import { Regimes } from "./regimes.ts";
import { Scale, sizesOf, sizesOfCurve, spacingOf } from "./scale.ts";
import { TimeAxis } from "../data/time.ts";
import type { View } from "../control/view.ts";

const VACUUM = "u17_up_total_log";

export class Model {
    readonly day: Day;
    readonly time: TimeAxis;
    exposure!: Exposure;
    spacing = 1;
    /** Of each strike, when it is listed and counted: UNIX s, after the first and before the second. */
    private spans: [number, number][][] = [];
    private ofExpirations: [number, number][] = [];
    private scale!: Scale;
    private changeScale: { change: Change; scale: Scale } | null = null;
    private curveScale: { row: number; scale: Scale } | null = null;
    private readonly curves = new Map<number, Float64Array | null>();
    private curvesOf = -1;
    private readonly prices: Float64Array;
    private priced = 0;
    private regimesOf: Regimes | null = null;
    private lowest = Infinity;
    private highest = -Infinity;
    /** Listed strikes, by which expirations are: a day has few such sets. */
    private readonly listedBy = new Map<string, number[]>();

    constructor(day: Day) {
        this.day = day;
        this.time = new TimeAxis(day);
        this.prices = new Float64Array(day.capacity);
        this.extendPrices();
    }

    private extendPrices(): void {
        const reference = this.day.need("reference_price");
        for (; this.priced < this.day.windows; this.priced++) {
            const value = reference.at(0, this.priced);
            this.prices[this.priced] = value;
            if (value < this.lowest) this.lowest = value;
            if (value > this.highest) this.highest = value;
        }
    }

    readonly price = (t: number): number => (t >= 0 && t < this.priced ? this.prices[t] : NaN);

    /** Standard error of the price: NaN where it is a future's, or missing. */
    priceSe(t: number): number {
        return this.day.value("price_se", 0, t);
    }

    /** The price where it is known on which side of a strike it stands: its line is broken where its own error is half a step or more. */
    readonly surePrice = (t: number): number => (this.priceSe(t) * 2 >= this.spacing ? NaN : this.price(t));

    convention(view: View): Convention {
        const { conventions } = this.day.header;
        return conventions.find((one) => one.name === view.convention) ?? conventions[0];
    }

    choice(view: View): Choice {
        const convention = this.convention(view);
        return { convention, weight: view.weight ?? convention.weight ?? "open_interest", side: view.side, scope: view.scope };
    }

    /** Whether levels of the table belong to what is shown: they are made with the convention's own weight. */
    hasLevels(view: View): boolean {
        const convention = this.convention(view);
        return (view.weight ?? convention.weight) === convention.weight;
    }

    levelRow(view: View): number {
        const scope = view.scope === "all" ? "selected" : view.scope;
        return this.hasLevels(view) ? this.day.levelRow(view.convention, scope) : -1;
    }

    /** Regimes are known for the selected expirations. */
    regimeRow(view: View): number {
        return this.hasLevels(view) ? this.day.levelRow(view.convention, "selected") : -1;
    }

    /** Regimes of a view along the day; null where none are known. */
    regimes(view: View): Regimes | null {
        const row = this.regimeRow(view);
        if (row < 0) return null;
        if (this.regimesOf?.row !== row) this.regimesOf = new Regimes(this.day, row);
        this.regimesOf.extend();
        return this.regimesOf;
    }

    /** Derive for a view whose blobs are loaded. */
    derive(view: View): void {
        this.exposure = new Exposure(this.day, this.choice(view));
        this.scale = new Scale(this.day.perMinute);
        this.changeScale = null;
        this.spacing = spacingOf(this.exposure.strikes, this.price(this.lastPriced()));
        const { header } = this.day;
        this.ofExpirations = header.expirations.map((one, number) => this.spanOf(view.scope, one, number));
        this.spans = this.exposure.lines.map((lines) => lines.map((line) => this.ofExpirations[header.lines[line].expiration]));
        this.listedBy.clear();
        this.extendScales();
    }

    private spanOf(scope: string, expiration: Expiration, number: number): [number, number] {
        const [first, last] = countedIn(this.day, scope, number);
        const ends = Number(BigInt(expiration.ts_ns) / 1_000_000_000n);
        return [this.day.endOf(first - 1), Math.min(ends, this.day.endOf(last) + 0.5)];
    }

    /** Whether any expiration of a strike is counted, and still to come, at the end of a window. */
    readonly isListed = (place: number, t: number): boolean => {
        const end = this.day.endOf(this.day.k(t));
        return this.spans[place].some(([after, before]) => end > after && end < before);
    };

    /** The columns [from, to) in which a strike is listed; several where expirations follow each other. */
    readonly listedIn = (place: number): [number, number][] => {
        const { midnight, header } = this.day;
        const windows = (at: number): number => (at - midnight) / header.step_s;
        const found: [number, number][] = [];
        for (const [after, before] of this.spans[place]) {
            const from = this.day.columnAt(Math.floor(windows(after)) - 1) + 1;
            const to = this.day.columnAt(Math.ceil(windows(before)) - 2) + 1;
            if (!found.some((one) => one[0] === from && one[1] === to)) found.push([from, to]);
        }
        return found;
    };

    /** Positions of the strikes that are listed in a window, lowest first. */
    readonly listed = (t: number): readonly number[] => {
        const end = this.day.endOf(this.day.k(t));
        const key = this.ofExpirations.map(([after, before]) => (end > after && end < before ? 1 : 0)).join("");
        let found = this.listedBy.get(key);
        if (!found) {
            found = [...this.exposure.strikes.keys()].filter((place) => this.isListed(place, t));
            this.listedBy.set(key, found);
        }
        return found;
    };

    /** Distance of strikes near the price that are listed in a window. */
    spacingAt(t: number): number {
        const { strikes } = this.exposure;
        return spacingOf(this.listed(t).map((place) => strikes[place]), this.price(t));
    }

    private lastPriced(): number {
        let t = this.priced - 1;
        while (t > 0 && !(this.prices[t] > 0)) t--;
        return t;
    }

    private extendScales(): void {
        const { windows } = this.day;
        this.scale.extend(sizesOf(this.exposure, this.price), windows);
        if (this.changeScale) {
            const { scale, change } = this.changeScale;
            scale.extend(sizesOf(this.exposure, this.price, change.base, change.since), windows);
        }
        if (this.curveScale) this.extendCurveScale(this.curveScale);
    }

    /** Take in windows that were appended to the day. */
    extend(): void {
        this.time.extend();
        this.extendPrices();
        this.spacing = spacingOf(this.exposure.strikes, this.price(this.lastPriced()));
        this.curves.clear();
        this.exposure.extend();
        this.extendScales();
    }

    /** Row of the profile's curve for a view; -1 where there is none. */
    curveRow(view: View): number {
        const scope = view.scope === "all" ? "selected" : view.scope;
        const { profile } = this.day.header;
        if (!profile || !this.day.get("profile_net") || !this.hasLevels(view)) return -1;
        const row = (name: string): number => (this.day.header.profiles ?? []).findIndex((one) => one.convention === view.convention && one.scope === name);
        // Profiles are kept for the selected expirations and for 0DTE: one expiration has its own where it is all there is, or is 0DTE.
        if (!scope.startsWith("exp:")) return row(scope);
        const counted = expirationsIn(this.day, scope);
        const same = (name: string): boolean => expirationsIn(this.day, name).join() === counted.join();
        return same("selected") ? row("selected") : same("0dte") ? row("0dte") : -1;
    }

    /** A curve of the profile over its prices in a window; null where none is known. The same array within a minute. */
    curve(row: number, t: number): Float64Array | null {
        const matrix = this.day.need("profile_net");
        if (this.curvesOf !== row) this.curves.clear();
        this.curvesOf = row;
        const group = Math.floor(t / matrix.spec.every);
        let found = this.curves.get(group);
        if (found === undefined) {
            const count = this.day.header.profile!.prices.length;
            found = new Float64Array(count);
            let isKnown = false;
            for (let place = 0; place < count; place++) {
                found[place] = matrix.at(row * count + place, t);
                if (found[place] === found[place]) isKnown = true;
            }
            if (!isKnown) found = null;
            this.curves.set(group, found);
        }
        return found;
    }

    private extendCurveScale(kept: { row: number; scale: Scale }): void {
        const prices = this.day.header.profile!.prices;
        const sizes = sizesOfCurve(prices, (t) => this.curve(kept.row, t), this.price);
        kept.scale.extend(sizes, this.day.windows);
    }

    /** How to paint strikes, or the field with `row`. */
    paint(view: View, palette: Palette, hatch: number, row = -1): Paint {
        let scale = this.scale;
        let change: Paint["change"] = null;
        if (row >= 0) {
            if (this.curveScale?.row !== row) {
                this.curveScale = { row, scale: new Scale(this.day.perMinute) };
                this.extendCurveScale(this.curveScale);
            }
            scale = this.curveScale.scale;
        } else if (view.mode === "change") {
            if (this.changeScale?.change.since !== view.since) this.changeScale = this.changeSince(view.since);
            ({ scale, change } = this.changeScale);
        }
        const isFixed = view.scale === "fixed";
        const one = scale;
        return { palette, contrast: view.contrast, hatch, change, scale: isFixed ? () => one.fixed : (t) => one.at(t) };
    }

    private changeSince(since: number): { change: Change; scale: Scale } {
        const { values: base, squares } = this.exposure.all(since);
        const scale = new Scale(this.day.perMinute);
        scale.extend(sizesOf(this.exposure, this.price, base, since), this.day.windows);
        return { change: { base, squares, since }, scale };
    }

    /** Vacuum of a window. */
    readonly vacuum = (t: number): number => this.day.value(VACUUM, 0, t);

    /** Largest vacuum that fits its panel: a few spikes may be cut. 0 where there is no vacuum. */
    get vacuumReach(): number {
        const sizes: number[] = [];
        for (let t = 0; this.day.get(VACUUM) && t < this.day.windows; t += 5) {
            const size = Math.abs(this.vacuum(t));
            if (size === size) sizes.push(size);
        }
        sizes.sort((a, b) => a - b);
        return sizes.length ? Math.max(0.2, sizes[Math.floor(0.97 * (sizes.length - 1))]) : 0;
    }

    /** Net exposure of what is shown, from the table where that is its number, else summed here. */
    net(view: View, t: number): { net: number; se: number } {
        const row = this.levelRow(view);
        if (row >= 0 && view.side === "net") return { net: this.day.value("net_gex", row, t), se: this.day.value("net_gex_se", row, t) };
        return { net: this.exposure.net(t), se: NaN };
    }

    /** Prices that a view begins with: the day's range of prices, and around it what is near. */
    priceRange(share: number): [number, number] {
        const { lowest: low, highest: high } = this;
        if (!(high >= low)) {
            const { strikes } = this.exposure;
            return strikes.length ? [strikes[0], strikes[strikes.length - 1]] : [0, 1];
        }
        const around = Math.max(6 * this.spacing, 0.45 * (high - low), share * high);
        return [low - around, high + around];
    }

    /** The underlyings of what is shown; strikes of several stand at their own prices. */
    underlyings(view: View): string[] {
        return [...new Set(expirationsIn(this.day, view.scope).map((one) => this.day.header.expirations[one].underlying))];
    }
}
