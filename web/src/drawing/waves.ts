/** The ladder's waves: the last minutes, every window a column centred on its own price, so that strikes flow past it. */

import type { Paint } from "./heat.ts";
import { fading, type Exposure } from "../derived/exposure.ts";
import { mixed, stepOf, STEPS } from "./palette.ts";

/** Share of the distance of strikes that a wave covers. */
const WAVE_SHARE = 0.9;

export interface WavesState {
    exposure: Exposure;
    moment: number;
    /** Windows in the waves. */
    recent: number;
    price: (t: number) => number;
    spacing: number;
    paint: Paint;
    /** Whether a strike, by its position, is listed in a window. */
    isListed: (place: number, t: number) => boolean;
    /** Whether windows are missing before a column. */
    hasGapBefore: (t: number) => boolean;
}

/** What the waves were painted from. */
interface Painted {
    moment: number;
    looks: unknown[];
}

/** A column of pixels for each window; the style sheet stretches them to the width that they have in the page. */
export class Waves {
    pixels = new Uint32Array(0);
    private readonly canvas: HTMLCanvasElement;
    private readonly ctx: CanvasRenderingContext2D;
    private image: ImageData | null = null;
    private painted: Painted | null = null;

    constructor(canvas: HTMLCanvasElement) {
        this.canvas = canvas;
        this.ctx = canvas.getContext("2d", { alpha: false })!;
    }

    /** Windows that were painted are shifted, and the new ones painted. `perPoint`: pixels of a point of the price. */
    draw(state: WavesState, height: number, perPoint: number): void {
        const { moment, recent, paint } = state;
        const { image, pixels } = this.imageOf(recent, height);
        const passed = this.passed(state, perPoint);
        pixels.copyWithin(0, passed);
        for (let y = 0; y < height; y++) pixels.fill(paint.palette.background, (y + 1) * recent - passed, (y + 1) * recent);
        // One scale for all of it, the moment's: so that the waves compare with the bars next to them.
        const scale = paint.contrast / paint.scale(moment);
        for (let back = 0; back < passed && back <= moment; back++) {
            this.paintColumn(state, moment - back, recent - 1 - back, scale, height, perPoint);
            if (state.hasGapBefore(moment - back)) break;
        }
        this.ctx.putImageData(image, 0, 0);
    }

    /** An image with a column for each window. */
    private imageOf(recent: number, height: number): { image: ImageData; pixels: Uint32Array } {
        if (!this.image || this.image.width !== recent || this.image.height !== height) {
            this.image = new ImageData(recent, height);
            this.pixels = new Uint32Array(this.image.data.buffer);
            this.canvas.width = recent;
            this.canvas.height = height;
            this.painted = null;
        }
        return { image: this.image, pixels: this.pixels };
    }

    /** Windows that came since the waves were painted; all of them where anything else has changed, or windows are missing between. */
    private passed(state: WavesState, perPoint: number): number {
        const { exposure, paint, moment, recent } = state;
        const { palette, contrast, change } = paint;
        const now: Painted = { moment, looks: [exposure, palette, contrast, change, paint.scale(moment), state.spacing, perPoint] };
        const before = this.painted;
        this.painted = now;
        if (!before || now.looks.some((one, i) => !Object.is(one, before.looks[i]))) return recent;
        if (moment < before.moment || moment - before.moment >= recent) return recent;
        for (let t = before.moment + 1; t <= moment; t++) if (state.hasGapBefore(t)) return recent;
        return moment - before.moment;
    }

    private paintColumn(state: WavesState, t: number, x: number, scale: number, height: number, perPoint: number): void {
        const { exposure } = state;
        const price = state.price(t);
        if (!(price > 0)) return;
        const half = (state.spacing * WAVE_SHARE * perPoint) / 2;
        const reach = height / 2 / perPoint + state.spacing;
        for (let place = exposure.nearest(price - reach); place < exposure.strikes.length; place++) {
            const away = exposure.strikes[place] - price;
            if (away > reach) break;
            if (!state.isListed(place, t)) continue;
            const middle = height / 2 - away * perPoint;
            this.fill(colourOf(exposure, place, t, scale, state.paint), middle - half, middle + half, x, state.recent, height);
        }
    }

    /** A band between two heights in a column; its edges are mixed with what is there, so that waves are smooth. */
    private fill(colour: number, top: number, bottom: number, x: number, width: number, height: number): void {
        const { pixels } = this;
        const last = Math.min(height - 1, Math.floor(bottom));
        for (let y = Math.max(0, Math.floor(top)); y <= last; y++) {
            const share = Math.min(y + 1, bottom) - Math.max(y, top);
            const at = y * width + x;
            pixels[at] = share >= 1 ? colour : mixed(pixels[at], colour, share);
        }
    }
}

function colourOf(exposure: Exposure, place: number, t: number, scale: number, paint: Paint): number {
    const value = exposure.at(place, t) - (paint.change ? paint.change.base[place] : 0);
    if (value !== value) return paint.palette.missing;
    if (paint.change && t < paint.change.since) return paint.palette.background;
    const step = stepOf(value * scale) + STEPS;
    return paint.palette.faded[fading(exposure.marksAt(place, t))][step];
}
