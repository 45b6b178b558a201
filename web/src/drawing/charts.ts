/** The two charts: strikes over time, and the vacuum beneath, on one time axis. uPlot has the axes and scales; layers paint the rest. */

import uPlot from "uplot";
import type { Frame } from "./heat.ts";
import type { Look } from "./theme.ts";
import { clock } from "../page/text.ts";
import { labelled } from "./ticks.ts";

interface Layers {
    /** Called for each redraw of the main chart, before axes are drawn: the heat and the lines over it. */
    heat: (u: uPlot, frame: Frame) => void;
    vacuum: (u: uPlot, frame: Frame) => void;
    strikes: () => ArrayLike<number>;
    look: () => Look;
    /** Called after a redraw: labels and curtain follow. */
    moved: () => void;
}

/** Least distance of labelled strikes. [CSS px] */
const LABEL_APART = 17;

function frameOf(u: uPlot): Frame {
    const { width, height } = u.bbox;
    const { x, y } = u.scales;
    return {
        width: Math.round(width),
        height: Math.round(height),
        start: x.min ?? 0,
        stop: x.max ?? 1,
        low: y.min ?? 0,
        high: y.max ?? 1,
    };
}

export class Charts {
    main!: uPlot;
    vacuum!: uPlot;
    /** Value at the upper edge of the lower chart. */
    reach = 1;
    /** Whether labels stand over the chart. Kept, since asking lays the page out in the middle of a frame. */
    isNarrow = false;
    private x: [number, number] = [0, 1];
    private y: [number, number] = [0, 1];
    private readonly hosts: [HTMLElement, HTMLElement];
    private readonly layers: Layers;

    constructor(hosts: [HTMLElement, HTMLElement], layers: Layers) {
        this.hosts = hosts;
        this.layers = layers;
    }

    /** Make the charts again, as when theme or size of text change. */
    build(): void {
        this.main?.destroy();
        this.vacuum?.destroy();
        const { layers } = this;
        const look = layers.look();
        const size = look.text;
        const gutter = this.gutter(size);
        this.isNarrow = gutter < 2 * size;
        const left = size * 3.9;
        // uPlot enlarges fonts for dense screens where their size is a whole number.
        const axis = { stroke: look.dim, font: `${Math.round(size * 0.88)}px ${look.font}`, grid: { show: false } };
        const ticks = { stroke: look.line, size: size * 0.3, width: 1 };
        const x = { time: true, auto: false, range: (): uPlot.Range.MinMax => this.x };
        const times = (_: uPlot, splits: number[], __: number, ___: number, increment: number): string[] =>
            splits.map((at) => clock(at, increment < 60));
        const common: Omit<uPlot.Options, "width" | "height" | "scales" | "series" | "axes"> = {
            tzDate: (at) => uPlot.tzDate(new Date(at * 1e3), "Etc/UTC"),
            legend: { show: false },
            cursor: { show: false },
            select: { show: false, left: 0, top: 0, width: 0, height: 0 },
        };
        const hidden: uPlot.Series[] = [{}, { show: true, paths: () => null, points: { show: false } }];
        const data: uPlot.AlignedData = [[0, 1], [null, null]];
        this.main = new uPlot(
            {
                ...common,
                ...sizeOf(this.hosts[0]),
                padding: [size * 0.5, gutter, 0, 0],
                scales: { x, y: { auto: false, range: (): uPlot.Range.MinMax => this.y } },
                series: hidden,
                axes: [
                    { ...axis, size: size * 1.15, ticks: { show: false }, values: () => [] },
                    { ...axis, size: left, gap: size * 0.2, ticks, splits: (u) => this.labelled(u), values: (_, splits) => splits.map(String) },
                ],
                hooks: {
                    drawClear: [(u) => layers.heat(u, frameOf(u))],
                    draw: [() => layers.moved()],
                },
            },
            data,
            this.hosts[0],
        );
        this.vacuum = new uPlot(
            {
                ...common,
                ...sizeOf(this.hosts[1]),
                padding: [size * 0.3, gutter, 0, 0],
                scales: { x, y: { auto: false, range: (): uPlot.Range.MinMax => [-this.reach, this.reach] } },
                series: hidden,
                axes: [
                    { ...axis, size: size * 1.7, gap: size * 0.15, space: size * 5.5, ticks, values: times },
                    { ...axis, size: left, gap: size * 0.2, ticks, splits: () => [-this.reach / 2, 0, this.reach / 2], values: (_, splits) => splits.map((at) => String(Math.round(at * 10) / 10).replace("-", "−")) },
                ],
                hooks: { drawClear: [(u) => layers.vacuum(u, frameOf(u))] },
            },
            data,
            this.hosts[1],
        );
    }

    /** Room on the right for labels; on narrow screens they stand over the chart. */
    gutter(size: number): number {
        const { clientWidth } = this.hosts[0];
        return clientWidth < 40 * size ? size * 1.5 : size * 8.9;
    }

    resize(): void {
        this.main.setSize(sizeOf(this.hosts[0]));
        this.vacuum.setSize(sizeOf(this.hosts[1]));
    }

    /** Draw a stretch of time and of prices, once: uPlot draws at the end of a batch, and after it what is asked for outside of one. */
    show(x: [number, number], y: [number, number]): void {
        this.x = x;
        this.y = y;
        this.main.batch(() => {
            this.main.setScale("x", { min: x[0], max: x[1] });
            this.main.setScale("y", { min: y[0], max: y[1] });
            this.main.redraw(false, true);
        });
        this.vacuum.batch(() => {
            this.vacuum.setScale("x", { min: x[0], max: x[1] });
            this.vacuum.setScale("y", { min: -this.reach, max: this.reach });
            this.vacuum.redraw(false, true);
        });
    }

    /** Strikes to label: existing ones, on the smallest step whose labels do not touch. */
    private labelled(u: uPlot): number[] {
        const strikes = this.layers.strikes();
        const { min = 0, max = 1 } = u.scales.y as { min?: number; max?: number };
        const apart = Math.max(LABEL_APART, this.layers.look().text * 1.25);
        const perPoint = u.bbox.height / (devicePixelRatio || 1) / (max - min);
        return labelled(strikes, min, max, perPoint, apart);
    }
}

function sizeOf(host: HTMLElement): { width: number; height: number } {
    return { width: Math.max(50, host.clientWidth), height: Math.max(30, host.clientHeight) };
}
