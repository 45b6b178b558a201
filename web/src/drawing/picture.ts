/** The chart's images: heat with lines over it, the ribbon, the vacuum. A view that moves along time is shifted, and what came in painted. */

import type { Day } from "../data/day.ts";
import type { Model } from "../derived/model.ts";
import { HeatPainter, wholeOf, type Frame, type Paint, type Part } from "./heat.ts";
import { casingReach, drawBars, drawLevel, drawPrice, drawRibbon, drawWall, RIBBON, stretchesOf, type Drawing, type Stretches } from "./overlay.ts";
import { packedOf } from "./palette.ts";
import type { Look } from "./theme.ts";
import type { View } from "../control/view.ts";

const FLIP_JUMP = 0.002;
/** Most that a shifted image may be off. [pixels] */
const OFF = 0.02;

/** What is drawn. */
export interface Scene {
    day: Day;
    model: Model;
    view: View;
    paint: Paint;
    /** Row of the profile where the field is shown; -1 elsewhere. */
    fieldRow: number;
    look: Look;
    /** Pixels of the device per unit of line width. */
    unit: number;
}

/** What the heat's image was painted from. */
interface Painted {
    frame: Frame;
    from: unknown[];
    phase: number;
}

export class Picture {
    readonly painter = new HeatPainter();
    private readonly ribbonPainter = new HeatPainter();
    private readonly bars = new HeatPainter();
    private stretches: Stretches = new Int32Array(0);
    private painted: Painted | null = null;

    /** Heat, and lines over it. */
    heat(frame: Frame, scene: Scene): ImageData {
        const { model, paint, fieldRow } = scene;
        const { painter } = this;
        this.stretches = stretchesOf(frame, model.time);
        const part = this.partOf(frame, scene);
        const image =
            fieldRow >= 0
                ? painter.field(frame, scene.day.header.profile!.prices, (t) => model.curve(fieldRow, t), this.stretches, paint, part)
                : painter.strikes(frame, model.exposure, this.stretches, paint, model.spacing, model.listedIn, part);
        this.drawLines({ ...this.drawing(frame, painter.pixels, scene), part }, scene);
        return image;
    }

    /** The ribbon of regimes; null where none are known. */
    ribbon(frame: Frame, scene: Scene): ImageData | null {
        const regimes = scene.model.regimes(scene.view);
        if (!regimes) return null;
        const size = { ...frame, height: Math.max(2, Math.round(RIBBON.height * scene.unit)) };
        const { image, pixels } = this.ribbonPainter.begin(size, packedOf(scene.look.page));
        drawRibbon(this.drawing(size, pixels, scene), scene.day, regimes);
        return image;
    }

    /** The vacuum; null before the heat of the same columns was painted. */
    vacuum(frame: Frame, scene: Scene): ImageData | null {
        if (this.stretches.length !== 2 * frame.width) return null;
        const { image, pixels } = this.bars.begin(frame, packedOf(scene.look.page));
        drawBars(this.drawing(frame, pixels, scene), scene.model.vacuum, scene.look.accent, scene.look.dim);
        return image;
    }

    /** The columns that have to be painted, once what is there was shifted: all of them where anything but time has changed. */
    private partOf(frame: Frame, scene: Scene): Part {
        const { model, view, fieldRow, look, paint } = scene;
        const chosen = [model.exposure, scene.day.windows, model.spacing, look, look.palette, paint.change, paint.contrast, view.scale, view.mode, fieldRow];
        const from = [...chosen, model.levelRow(view), frame.width, frame.height, frame.low, frame.high];
        const before = this.painted;
        this.painted = { frame, from, phase: 0 };
        if (!before || from.some((one, i) => !Object.is(one, before.from[i]))) return wholeOf(frame);
        const step = (frame.stop - frame.start) / frame.width;
        const exact = (before.frame.start - frame.start) / step;
        const by = Math.round(exact);
        const isSameStep = Math.abs((before.frame.stop - before.frame.start) / (frame.stop - frame.start) - 1) * frame.width < OFF;
        if (!isSameStep || Math.abs(exact - by) > OFF || Math.abs(by) > frame.width / 2) return wholeOf(frame);
        // What is there may be off by a little: errors are not added up.
        this.painted = { frame: { ...frame, start: before.frame.start - by * step, stop: before.frame.stop - by * step }, from, phase: before.phase - by };
        this.painter.shift(by);
        // Lines at the edge had no neighbour, and casings of those that came in reach further in.
        const reach = casingReach(scene.unit) + 1;
        const { phase } = this.painted;
        if (by === 0) return { from: 0, to: 0, phase };
        return by > 0 ? { from: 0, to: Math.min(frame.width, by + reach), phase } : { from: Math.max(0, frame.width + by - reach), to: frame.width, phase };
    }

    private drawing(frame: Frame, pixels: Uint32Array, { unit, look }: Scene): Drawing {
        return { pixels, frame, stretches: this.stretches, unit, look, part: wholeOf(frame) };
    }

    private drawLines(drawing: Drawing, { day, model, view, look }: Scene): void {
        const row = model.levelRow(view);
        if (row >= 0) {
            const level = (name: string) => {
                const matrix = day.get(name);
                return (t: number): number => matrix?.at(row, t) ?? NaN;
            };
            const jump = FLIP_JUMP * drawing.frame.high;
            drawWall(drawing, level("call_wall"), look.callWall);
            drawWall(drawing, level("put_wall"), look.putWall);
            drawLevel(drawing, level("zero_gamma_low"), look.flip, 0.5, [1, 3], jump);
            drawLevel(drawing, level("zero_gamma_high"), look.flip, 0.5, [1, 3], jump);
            drawLevel(drawing, level("zero_gamma"), look.flip, 0.9, [6, 4], jump);
        }
        drawPrice(drawing, model.surePrice);
    }
}
