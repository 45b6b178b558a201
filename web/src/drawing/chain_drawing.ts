/** Draws a chain on one canvas: prices upward, bars by strike on the left, the profile on the right, levels across both. */

import { BAND_SHARE } from "./heat.ts";
import { spacingOf } from "../derived/scale.ts";
import type { PaletteName } from "./palette.ts";
import { amount, price as priceText } from "../page/text.ts";
import type { Look } from "./theme.ts";
import { labelled } from "./ticks.ts";
import type { ThemeChoice } from "../control/view.ts";

/** What the page carries; null where missing. */
export interface Chain {
    title?: string;
    strikes: number[];
    /** Signed exposures of calls and puts, their sum, and its standard error. */
    call: (number | null)[];
    put: (number | null)[];
    net: (number | null)[];
    se?: (number | null)[];
    profile?: { prices: number[]; net: (number | null)[] } | null;
    walls: { call: number | null; put: number | null };
    flip: number | null;
    band?: [number, number] | null;
    spot: number | null;
    unit: string;
    convention: string;
}

export interface ChainView {
    side: "net" | "both";
    palette: PaletteName;
    theme: ThemeChoice;
    /** Prices at the edges; null: chosen around the price. */
    y: [number, number] | null;
}

/** Strikes first shown to each side of the price. */
const STRIKES_EACH_WAY = 22;
const LABEL_APART = 1.25;

export class ChainDrawing {
    private readonly canvas: HTMLCanvasElement;
    private readonly ctx: CanvasRenderingContext2D;
    private readonly tip: HTMLElement;
    private readonly chain: Chain;
    private readonly spacing: number;
    private look!: Look;
    private y: [number, number] = [0, 1];
    private box = { left: 0, top: 0, width: 1, height: 1, middle: 0 };

    constructor(canvas: HTMLCanvasElement, tip: HTMLElement, chain: Chain) {
        this.canvas = canvas;
        this.ctx = canvas.getContext("2d")!;
        this.tip = tip;
        this.chain = chain;
        this.spacing = spacingOf(chain.strikes, chain.spot ?? NaN);
    }

    private get usual(): [number, number] {
        const { strikes, spot } = this.chain;
        const first = strikes[0] ?? 0;
        const last = strikes[strikes.length - 1] ?? 1;
        if (spot === null) return [first - this.spacing, last + this.spacing];
        const reach = STRIKES_EACH_WAY * this.spacing;
        return [Math.max(first - this.spacing, spot - reach), Math.min(last + this.spacing, spot + reach)];
    }

    draw(view: ChainView, look: Look): void {
        this.look = look;
        this.y = view.y ?? this.usual;
        const { canvas, ctx } = this;
        const ratio = devicePixelRatio || 1;
        canvas.width = Math.round(canvas.clientWidth * ratio);
        canvas.height = Math.round(canvas.clientHeight * ratio);
        ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
        const { clientWidth: width, clientHeight: height } = canvas;
        const text = look.text;
        const left = text * 4;
        const right = width - text * 9;
        const hasProfile = (this.chain.profile?.prices.length ?? 0) > 1;
        this.box = { left, top: text * 2, width: right - left, height: height - text * 3.4, middle: hasProfile ? left + (right - left) * 0.62 : right };
        ctx.fillStyle = look.background;
        ctx.fillRect(0, 0, width, height);
        ctx.font = `${text * 0.9}px ${look.font}`;
        this.drawStrikes(view);
        if (hasProfile) this.drawProfile();
        this.drawLevels(width);
    }

    private yOf(price: number): number {
        return this.box.top + ((this.y[1] - price) / (this.y[1] - this.y[0])) * this.box.height;
    }

    private visible(): number[] {
        return [...this.chain.strikes.keys()].filter((i) => this.chain.strikes[i] >= this.y[0] && this.chain.strikes[i] <= this.y[1]);
    }

    private drawStrikes(view: ChainView): void {
        const { ctx, chain, look, box } = this;
        const visible = this.visible();
        const shown = view.side === "net" ? [chain.net] : [chain.call, chain.put];
        const largest = Math.max(1e-300, ...visible.flatMap((i) => shown.map((values) => Math.abs(values[i] ?? 0) + (view.side === "net" ? (chain.se?.[i] ?? 0) : 0))));
        const zero = (box.left + box.middle) / 2;
        const reach = ((box.middle - box.left) / 2) * 0.94;
        const thickness = Math.max(1, (this.spacing / (this.y[1] - this.y[0])) * box.height * BAND_SHARE);
        ctx.textBaseline = "middle";
        const labels = new Set(labelled(chain.strikes, this.y[0], this.y[1], box.height / (this.y[1] - this.y[0]), look.text * LABEL_APART));
        for (const i of visible) {
            const y = this.yOf(chain.strikes[i]);
            if (labels.has(chain.strikes[i])) {
                ctx.fillStyle = look.dim;
                ctx.textAlign = "right";
                ctx.fillText(priceText(chain.strikes[i]), box.left - look.text * 0.5, y);
            }
            if (shown.every((values) => values[i] === null)) {
                ctx.fillStyle = look.missing;
                ctx.fillRect(zero - reach * 0.04, y - thickness / 2, reach * 0.08, thickness);
                continue;
            }
            shown.forEach((values, place) => {
                const value = values[i] ?? 0;
                const length = (value / largest) * reach;
                const part = thickness / shown.length;
                ctx.fillStyle = look.palette.hexOf(Math.sign(value) * Math.max(0.18, Math.abs(value) / largest));
                ctx.fillRect(Math.min(zero, zero + length), y - thickness / 2 + place * part, Math.max(0.75, Math.abs(length)), part - (shown.length > 1 ? 0.5 : 0));
            });
            const se = chain.se?.[i] ?? 0;
            const half = (se / largest) * reach;
            if (view.side !== "net" || half < 1) continue;
            const end = zero + ((chain.net[i] ?? 0) / largest) * reach;
            ctx.strokeStyle = look.foreground;
            ctx.lineWidth = 1;
            ctx.beginPath();
            ctx.moveTo(end - half, y);
            ctx.lineTo(end + half, y);
            ctx.stroke();
        }
        this.drawAxis(zero, reach, largest, view.side === "net" ? "net by strike" : "calls and puts by strike");
    }

    /** Zero, the largest value to both sides, and what is drawn. */
    private drawAxis(zero: number, reach: number, largest: number, name: string): void {
        const { ctx, look, box, chain } = this;
        ctx.fillStyle = look.line;
        ctx.fillRect(zero, box.top, 1, box.height);
        ctx.fillStyle = look.dim;
        ctx.textAlign = "center";
        const bottom = box.top + box.height + look.text * 0.8;
        ctx.fillText("0", zero, bottom);
        const isWide = reach > look.text * 8;
        ctx.fillText(`+${amount(largest, false)}`, zero + reach * 0.8, bottom);
        if (isWide) ctx.fillText(`−${amount(largest, false)}`, zero - reach * 0.8, bottom);
        ctx.fillText(isWide ? `${name} · ${chain.unit}` : name, zero, look.text);
    }

    private drawProfile(): void {
        const { ctx, look, box } = this;
        const { prices, net } = this.chain.profile!;
        const left = box.middle + look.text * 1.5;
        const zero = (left + box.left + box.width) / 2;
        const reach = ((box.left + box.width - left) / 2) * 0.94;
        const inside = prices.map((price, i) => ({ price, value: net[i] ?? NaN })).filter(({ price }) => price >= this.y[0] - this.spacing * 4 && price <= this.y[1] + this.spacing * 4);
        const largest = Math.max(1e-300, ...inside.map(({ value }) => Math.abs(value)).filter((size) => size === size));
        ctx.save();
        ctx.beginPath();
        ctx.rect(left - 4, box.top, box.left + box.width - left + 8, box.height);
        ctx.clip();
        for (const sign of [-1, 1]) {
            ctx.fillStyle = look.palette.hexOf(0.3 * sign);
            ctx.globalAlpha = 0.6;
            ctx.beginPath();
            inside.forEach(({ price, value }, i) => {
                const x = zero + Math.max(0, sign * value) * sign * (reach / largest);
                if (i === 0) ctx.moveTo(zero, this.yOf(price));
                ctx.lineTo(x, this.yOf(price));
                if (i === inside.length - 1) ctx.lineTo(zero, this.yOf(price));
            });
            ctx.fill();
        }
        ctx.globalAlpha = 1;
        ctx.strokeStyle = look.foreground;
        ctx.lineWidth = 1.4;
        ctx.beginPath();
        for (const { price, value } of inside) if (value === value) ctx.lineTo(zero + (value / largest) * reach, this.yOf(price));
        ctx.stroke();
        ctx.restore();
        this.drawAxis(zero, reach, largest, "net, if price moved");
    }

    private drawLevels(width: number): void {
        const { ctx, chain, look, box } = this;
        const levels = [
            { price: chain.walls.call, text: "call wall", colour: look.callWall, dash: [] },
            { price: chain.walls.put, text: "put wall", colour: look.putWall, dash: [] },
            { price: chain.flip, text: "flip", colour: look.flip, dash: [6, 4] },
            ...(chain.band ?? []).map((price) => ({ price, text: "", colour: look.flip, dash: [1, 3] })),
            { price: chain.spot, text: "", colour: look.price, dash: [] },
        ].filter((one): one is typeof one & { price: number } => one.price !== null);
        const taken: number[] = [];
        const apart = look.text * 1.35;
        for (const level of [...levels].reverse()) {
            const isSeen = level.price >= this.y[0] && level.price <= this.y[1];
            const y = Math.max(box.top, Math.min(box.top + box.height, this.yOf(level.price)));
            ctx.strokeStyle = level.colour;
            ctx.lineWidth = level.price === chain.spot ? 1.8 : 1.3;
            ctx.setLineDash(level.dash);
            if (isSeen) {
                ctx.beginPath();
                ctx.moveTo(box.left, y);
                ctx.lineTo(box.left + box.width, y);
                ctx.stroke();
            }
            ctx.setLineDash([]);
            if (!level.text && level.price !== chain.spot) continue;
            let at = y;
            while (taken.some((other) => Math.abs(other - at) < apart)) at += apart * 0.25;
            taken.push(at);
            const arrow = isSeen ? "" : level.price > this.y[1] ? "↑ " : "↓ ";
            ctx.fillStyle = level.colour;
            ctx.textAlign = "left";
            ctx.fillText(`${arrow}${level.text || "price"} ${priceText(level.price)}`, Math.min(width, box.left + box.width) + look.text * 0.6, at);
        }
    }

    /** Wheel and drag move along prices; hovering says what stands at a strike. */
    wire(view: ChainView, show: () => void): void {
        const { canvas } = this;
        let dragged: number | null = null;
        const set = (low: number, high: number): void => {
            view.y = [low, high];
            show();
        };
        const zoom = (share: number, around: number): void => set(around + (this.y[0] - around) * share, around + (this.y[1] - around) * share);
        const priceAt = (event: MouseEvent): number => this.y[1] - ((event.offsetY - this.box.top) / this.box.height) * (this.y[1] - this.y[0]);
        canvas.addEventListener("wheel", (event) => {
            event.preventDefault();
            zoom(Math.exp(Math.max(-240, Math.min(240, event.deltaY)) * 0.0015), priceAt(event));
        }, { passive: false });
        canvas.addEventListener("pointerdown", (event) => {
            dragged = event.clientY;
            canvas.setPointerCapture(event.pointerId);
        });
        canvas.addEventListener("pointerup", () => (dragged = null));
        canvas.addEventListener("pointerleave", () => (this.tip.hidden = true));
        canvas.addEventListener("dblclick", () => {
            view.y = null;
            show();
        });
        canvas.addEventListener("pointermove", (event) => {
            if (dragged === null) return this.showTip(priceAt(event), event);
            const by = ((event.clientY - dragged) / this.box.height) * (this.y[1] - this.y[0]);
            dragged = event.clientY;
            return set(this.y[0] + by, this.y[1] + by);
        });
        canvas.addEventListener("keydown", (event) => {
            const step = (this.y[1] - this.y[0]) * 0.1;
            const middle = (this.y[0] + this.y[1]) / 2;
            if (event.key === "ArrowUp") set(this.y[0] + step, this.y[1] + step);
            else if (event.key === "ArrowDown") set(this.y[0] - step, this.y[1] - step);
            else if (event.key === "+" || event.key === "=") zoom(0.8, middle);
            else if (event.key === "-") zoom(1.25, middle);
            else if (event.key === "0") {
                view.y = null;
                show();
            } else return;
            event.preventDefault();
        });
    }

    private showTip(price: number, event: PointerEvent): void {
        const { chain, tip } = this;
        let nearest = 0;
        for (const i of chain.strikes.keys()) if (Math.abs(chain.strikes[i] - price) < Math.abs(chain.strikes[nearest] - price)) nearest = i;
        const text = (value: number | null | undefined): string => amount(value ?? NaN);
        const se = chain.se?.[nearest];
        const head = chain.net[nearest] === null ? "missing" : `${text(chain.net[nearest])}${se ? ` ± ${amount(se, false)}` : ""} ${chain.unit}`;
        tip.replaceChildren();
        for (const line of [head, `strike ${priceText(chain.strikes[nearest])}`, `calls ${text(chain.call[nearest])}, puts ${text(chain.put[nearest])}`, chain.convention]) {
            tip.append(Object.assign(document.createElement("div"), { textContent: line }));
        }
        tip.hidden = false;
        tip.style.left = `${Math.min(event.offsetX + 16, this.canvas.clientWidth - tip.offsetWidth - 4)}px`;
        tip.style.top = `${Math.min(event.offsetY + 16, this.canvas.clientHeight - tip.offsetHeight - 4)}px`;
    }
}
