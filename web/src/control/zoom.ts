/** Ranges after zooming and panning, kept where there is something to see. */

import type { App } from "../page/app.ts";
import type { View } from "./view.ts";

/** Fewest windows across the chart, and fewest strikes. */
const FEWEST_WINDOWS = 24;
const FEWEST_STRIKES = 3;

function kept(low: number, high: number, smallest: number, bounds: [number, number]): [number, number] {
    const largest = bounds[1] - bounds[0];
    const width = Math.max(Math.min(smallest, largest), Math.min(largest, high - low));
    const middle = (low + high) / 2;
    const start = Math.max(bounds[0], Math.min(bounds[1] - width, middle - width / 2));
    return [start, start + width];
}

function bounded(app: App, x: [number, number], y: [number, number]): Pick<View, "x" | "y"> {
    const { day, model } = app;
    const { whole } = app;
    const { strikes } = model.exposure;
    const usual = model.priceRange(0.006);
    const prices: [number, number] = [
        Math.min(usual[0], strikes[0] ?? usual[0]) - model.spacing,
        Math.max(usual[1], strikes[strikes.length - 1] ?? usual[1]) + model.spacing,
    ];
    const inX = kept(x[0], x[1], FEWEST_WINDOWS * day.windowS, whole);
    const isWhole = inX[0] <= whole[0] && inX[1] >= whole[1];
    return { x: isWhole ? null : inX, y: kept(y[0], y[1], FEWEST_STRIKES * model.spacing, prices) };
}

/** Widths times the shares, around the moment and the price, or around a given point. */
export function zoomed(app: App, shareX: number, shareY: number, around?: [number, number]): Partial<View> {
    const { x, y } = app.range;
    const { day, view, model } = app;
    const moment = view.moment >= 0 ? day.endOf(day.k(view.moment)) : x[1];
    const price = model.price(view.moment);
    const centre = around ?? [
        moment >= x[0] && moment <= x[1] ? moment : (x[0] + x[1]) / 2,
        price >= y[0] && price <= y[1] ? price : (y[0] + y[1]) / 2,
    ];
    const next = bounded(
        app,
        [centre[0] + (x[0] - centre[0]) * shareX, centre[0] + (x[1] - centre[0]) * shareX],
        [centre[1] + (y[0] - centre[1]) * shareY, centre[1] + (y[1] - centre[1]) * shareY],
    );
    return shareY === 1 ? { x: next.x } : shareX === 1 ? { y: next.y } : next;
}

/** Moved by shares of the widths. */
export function panned(app: App, byX: number, byY: number): Partial<View> {
    const { x, y } = app.range;
    const dx = byX * (x[1] - x[0]);
    const dy = byY * (y[1] - y[0]);
    const next = bounded(app, [x[0] + dx, x[1] + dx], [y[0] + dy, y[1] + dy]);
    return byY === 0 ? { x: next.x } : byX === 0 ? { y: next.y } : next;
}
