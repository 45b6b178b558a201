/** Mouse and touch on the chart: wheel and pinch zoom, drag pans, a click sets the moment, hovering shows what stands there. */

import type uPlot from "uplot";
import type { App } from "../page/app.ts";
import { RIBBON } from "../drawing/overlay.ts";
import { Tip } from "../page/tip.ts";
import { panned, zoomed } from "./zoom.ts";

/** Movement up to which a press is a click. [CSS px] */
const CLICK_WITHIN = 4;
/** Distance up to which a tick on the ribbon is what the pointer is at. [CSS px] */
const NEAR = 5;

/** Where the pointer is. */
interface Place {
    time: number;
    price: number;
    isInside: boolean;
    /** On the ribbon of regimes, beneath the chart. */
    isRibbon: boolean;
    /** Seconds that a tick may be away. */
    near: number;
}

export class Pointer {
    private readonly app: App;
    private readonly tip: Tip;
    private readonly down = new Map<number, { x: number; y: number }>();
    private moved = 0;

    constructor(app: App) {
        this.app = app;
        this.tip = new Tip(app);
        for (const host of [app.elements.main, app.elements.vacuum]) {
            host.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
            host.addEventListener("pointerdown", (event) => this.onDown(event));
            host.addEventListener("pointermove", (event) => this.onMove(event));
            host.addEventListener("pointerup", (event) => this.onUp(event));
            host.addEventListener("pointercancel", (event) => this.down.delete(event.pointerId));
            host.addEventListener("pointerleave", (event) => {
                if (event.pointerType === "mouse") this.tip.hide();
            });
            host.addEventListener("dblclick", () => void app.change({ x: null, y: null }));
        }
        app.onChange((_, changed) => {
            if (changed.moment === undefined) this.tip.refresh();
        });
    }

    private chartOf(event: Event): uPlot {
        const { charts, elements } = this.app;
        return elements.vacuum.contains(event.target as Node) ? charts.vacuum : charts.main;
    }

    /** UNIX s and price under the pointer; the price is NaN over the lower chart. */
    private at(event: MouseEvent): Place {
        const u = this.chartOf(event);
        const isMain = u === this.app.charts.main;
        const rect = u.over.getBoundingClientRect();
        const x = event.clientX - rect.left;
        const y = event.clientY - rect.top;
        const isWithin = x >= 0 && y >= 0 && x <= rect.width;
        const ribbon = (RIBBON.height + 1) * (this.app.look.text / 14);
        return {
            time: u.posToVal(x, "x"),
            price: isMain ? u.posToVal(y, "y") : NaN,
            isInside: isWithin && y <= rect.height,
            isRibbon: isMain && isWithin && y > rect.height && y <= rect.height + ribbon,
            near: u.posToVal(x + NEAR, "x") - u.posToVal(x, "x"),
        };
    }

    private showTip({ time, price, isInside, isRibbon, near }: Place, event: MouseEvent): void {
        if (isInside) this.tip.show(time, price, event.clientX, event.clientY);
        else if (isRibbon) this.tip.showRegime(time, near, event.clientX, event.clientY);
        else this.tip.hide();
    }

    private onWheel(event: WheelEvent): void {
        event.preventDefault();
        const { app } = this;
        const { time, price } = this.at(event);
        const amount = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY || event.deltaX;
        const share = Math.exp(Math.max(-240, Math.min(240, amount)) * 0.0015);
        const isPrice = event.shiftKey && !Number.isNaN(price);
        if (!event.shiftKey && Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
            void app.change(panned(app, event.deltaX / Math.max(1, app.charts.main.over.clientWidth), 0));
            return;
        }
        // Browsers send a pinch on a touchpad as a wheel with ctrl.
        if (event.ctrlKey && !Number.isNaN(price)) void app.change(zoomed(app, share, share, [time, price]));
        else void app.change(zoomed(app, isPrice ? 1 : share, isPrice ? share : 1, [time, Number.isNaN(price) ? 0 : price]));
    }

    private onDown(event: PointerEvent): void {
        if (event.button !== 0) return;
        this.down.set(event.pointerId, { x: event.clientX, y: event.clientY });
        if (this.down.size === 1) this.moved = 0;
    }

    private onMove(event: PointerEvent): void {
        // A button may be let go outside of the window, which says nothing to the page.
        if (event.pointerType !== "touch" && (event.buttons & 1) === 0) this.down.delete(event.pointerId);
        const before = this.down.get(event.pointerId);
        const { app } = this;
        if (!before) {
            this.showTip(this.at(event), event);
            return;
        }
        const rect = this.chartOf(event).over.getBoundingClientRect();
        const dx = event.clientX - before.x;
        const dy = event.clientY - before.y;
        this.moved = Math.max(this.moved, Math.hypot(dx, dy));
        if (this.moved <= CLICK_WITHIN) return;
        // Captured when it has become a drag, so that clicks and double clicks keep their target.
        if (!(event.currentTarget as HTMLElement).hasPointerCapture(event.pointerId)) {
            (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
        }
        this.tip.hide();
        if (this.down.size === 2) {
            this.pinch(event, before, rect);
        } else if (this.chartOf(event) === app.charts.main) {
            void app.change(panned(app, -dx / rect.width, dy / rect.height));
        } else {
            void app.change(panned(app, -dx / rect.width, 0));
        }
        this.down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    }

    private pinch(event: PointerEvent, before: { x: number; y: number }, rect: DOMRect): void {
        const other = [...this.down].find(([id]) => id !== event.pointerId)![1];
        const u = this.chartOf(event);
        const far = (x: number, y: number): number => Math.max(20, Math.hypot(x - other.x, y - other.y));
        const share = far(before.x, before.y) / far(event.clientX, event.clientY);
        const time = u.posToVal((event.clientX + other.x) / 2 - rect.left, "x");
        const price = this.app.charts.main.posToVal((event.clientY + other.y) / 2 - rect.top, "y");
        void this.app.change(zoomed(this.app, share, share, [time, price]));
    }

    private onUp(event: PointerEvent): void {
        const wasDown = this.down.delete(event.pointerId);
        if (!wasDown || this.moved > CLICK_WITHIN || this.down.size > 0) return;
        const place = this.at(event);
        const { time } = place;
        if (!place.isInside && !place.isRibbon) return;
        if (event.pointerType === "mouse") {
            const [from, to] = this.app.model.time.columns(time, time + 0.001);
            const moment = to > from ? from : this.app.day.columnAt(Math.floor((time - this.app.day.midnight) / this.app.day.header.step_s));
            if (moment >= 0) void this.app.change({ moment, playing: false });
        } else this.showTip(place, event);
    }
}
