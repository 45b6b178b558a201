/** The picture: holds the view, changes it, and redraws no more than a change asks for. */

import type uPlot from "uplot";
import { Charts } from "../drawing/charts.ts";
import type { Day } from "../data/day.ts";
import { build, write, type Elements } from "./dom.ts";
import { failure } from "./parts.ts";
import { expirationsIn, Exposure } from "../derived/exposure.ts";
import type { Frame, Paint } from "../drawing/heat.ts";
import { Ladder, RECENT_MINUTES, rungs, type LadderState, type Rung } from "../drawing/ladder.ts";
import { Legend } from "../drawing/legend.ts";
import type { Loader } from "../data/loader.ts";
import { Model } from "../derived/model.ts";
import { Picture, type Scene } from "../drawing/picture.ts";
import { Labels, momentOf, Readouts } from "./readouts.ts";
import { Announcer } from "./spoken.ts";
import { clock, newYork } from "./text.ts";
import { look, resolved, type Look } from "../drawing/theme.ts";
import { addressOf, rememberLook, viewOf, type View } from "../control/view.ts";

/** Reach of the lower chart where there is no vacuum. */
const LEAST_VACUUM = 0.1;
const VACUUM_KNOWN_AFTER = 720;
/** A live day's chart shows at least an hour, so that the first windows do not fill it. [s] */
const LIVE_AT_LEAST_S = 3600;
const ADDRESS_AFTER_MS = 250;
/** Choices that exposures are derived from. */
const DERIVING = ["convention", "weight", "side", "scope"] as const;

type Listener = (view: View, changed: Partial<View>) => void;

export class App {
    readonly day: Day;
    model: Model;
    readonly elements: Elements;
    readonly charts: Charts;
    view: View;
    /** Whether a server's clock plays, and not the page's. */
    isRemote = false;
    private readonly loader: Loader;
    private readonly listeners: Listener[] = [];
    private readonly picture = new Picture();
    private readonly ladder: Ladder;
    private readonly readouts: Readouts;
    private readonly labels: Labels;
    private readonly legend: Legend;
    private readonly announcer: Announcer;
    private looks!: Look;
    private addressTimer = 0;
    private sized = "";
    private pending: Partial<View> = {};
    private turns: Promise<void> = Promise.resolve();

    constructor(day: Day, loader: Loader, host: HTMLElement) {
        this.day = day;
        this.loader = loader;
        this.view = viewOf(location.hash, day);
        this.elements = build(`${day.header.title}`);
        host.append(this.elements.root);
        this.applyTheme();
        this.model = new Model(day);
        this.ladder = new Ladder(this.elements.ladderCanvas, this.elements.waves, this.elements.now);
        this.readouts = new Readouts(this.elements.readouts);
        this.labels = new Labels(this.elements.labels);
        this.legend = new Legend(this.elements.legend);
        this.announcer = new Announcer(this.elements);
        for (const note of day.header.notes ?? []) this.elements.notes.append(Object.assign(document.createElement("span"), { textContent: note }));
        this.charts = new Charts([this.elements.main, this.elements.vacuum], {
            heat: (u, frame) => this.drawHeat(u, frame),
            vacuum: (u, frame) => this.drawVacuum(u, frame),
            strikes: () => this.model.exposure.strikes,
            look: () => this.looks,
            moved: () => this.placeMoment(),
        });
    }

    /** Show the day once the blobs of the view are loaded. */
    async start(): Promise<void> {
        await this.loadFor(this.view);
        performance.mark("gex-weight");
        this.model.derive(this.view);
        performance.mark("gex-derived");
        this.charts.reach = Math.max(LEAST_VACUUM, this.model.vacuumReach);
        this.charts.build();
        this.layout();
        new ResizeObserver(() => this.layout()).observe(this.elements.plots);
        new ResizeObserver(() => this.layout()).observe(this.elements.ladder);
        this.followPage();
        matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.restyle());
    }

    /** The page around the picture may change theme and palette too, by the attributes of its root. */
    private followPage(): void {
        const { documentElement } = document;
        new MutationObserver(() => {
            const { theme, palette } = documentElement.dataset;
            const changed: Partial<View> = {};
            if ((theme === "dark" || theme === "light") && theme !== this.looks.theme) changed.theme = theme;
            if ((palette === "red-green" || palette === "blue-orange") && palette !== this.view.palette) changed.palette = palette;
            if (changed.theme || changed.palette) void this.change(changed);
        }).observe(documentElement, { attributes: true, attributeFilter: ["data-theme", "data-palette"] });
    }

    onChange(listener: Listener): void {
        this.listeners.push(listener);
    }

    get look(): Look {
        return this.looks;
    }

    /** Blobs that a view is drawn from. */
    needed(view: View): Set<string> {
        const convention = this.day.header.conventions.find((one) => one.name === view.convention) ?? this.day.header.conventions[0];
        const weight = view.weight ?? convention?.weight ?? "open_interest";
        const wanted = convention ? Exposure.blobsOf({ convention, weight, side: view.side, scope: view.scope }) : ["core"];
        if (view.mode === "field") wanted.push("profile");
        return new Set(wanted.filter((blob) => this.loader.has(blob)));
    }

    private async loadFor(view: View): Promise<void> {
        await Promise.all(Array.from(this.needed(view), (blob) => this.loader.load(blob)));
    }

    /** The view once all that was asked for is unpacked: a key pressed meanwhile goes on from there. */
    get asked(): View {
        return { ...this.view, ...this.pending };
    }

    /** Unpack what a view needs, after all that was asked for before, so that the last choice is what is shown. */
    private async prepare(next: View, changed: Partial<View>): Promise<void> {
        this.pending = { ...this.pending, ...changed };
        const turn = this.turns.catch(() => undefined).then(() => this.loadFor(next));
        this.turns = turn;
        try {
            await turn;
        } finally {
            if (turn === this.turns) this.pending = {};
        }
    }

    /** Change the view and redraw what depends on it. Resolves when the new view is drawn. */
    async change(asked: Partial<View>): Promise<void> {
        const before = this.asked;
        const isOther = (key: string): boolean => asked[key as keyof View] !== before[key as keyof View];
        const changed: Partial<View> = Object.fromEntries(Object.entries(asked).filter(([key]) => isOther(key)));
        const next = { ...before, ...changed };
        if (next.mode !== before.mode || DERIVING.some((key) => next[key] !== before[key])) {
            try {
                await this.prepare(next, changed);
            } catch (error) {
                this.fail(error);
                return;
            }
        }
        const derives = DERIVING.some((key) => key in changed && changed[key] !== this.view[key]);
        this.view = { ...this.view, ...changed };
        if (derives) this.model.derive(this.view);
        if (changed.palette || changed.theme) {
            rememberLook(this.view);
            this.applyTheme();
        }
        const onlyMoment = Object.keys(changed).every((key) => key === "moment" || key === "playing" || key === "speed");
        if (changed.theme) this.restyle();
        else if (onlyMoment) this.placeMoment();
        else this.showRange();
        for (const listener of this.listeners) listener(this.view, changed);
        this.writeAddress();
    }

    /** Say in the page what failed. The view stays as it was, and the choices show it. */
    private fail(error: unknown): void {
        const { message } = this.elements;
        message.textContent = failure(error);
        message.hidden = false;
        for (const listener of this.listeners) listener(this.view, {});
    }

    /** The range of time that there is to show. */
    get whole(): [number, number] {
        const [first, last] = this.model.time.range;
        const least = this.day.grows ? LIVE_AT_LEAST_S : 0;
        const start = this.day.endOf(first - 1);
        return [start, Math.max(this.day.endOf(last), start + least)];
    }

    /** The range of time and prices shown. */
    get range(): { x: [number, number]; y: [number, number] } {
        const y = this.view.y ?? this.model.priceRange(0.006);
        return { x: this.view.x ?? this.whole, y };
    }

    private showRange(): void {
        const { x, y } = this.range;
        this.charts.show(x, y);
    }

    private layout(): void {
        const { plots, ladder } = this.elements;
        const size = [plots.clientWidth, plots.clientHeight, ladder.clientWidth, ladder.clientHeight, devicePixelRatio, this.view.theme].join();
        if (size === this.sized || !plots.clientWidth) return;
        const text = parseFloat(getComputedStyle(this.elements.root).fontSize);
        const isRebuilt = this.sized !== "" && (text !== this.looks.text || this.charts.gutter(text) < 2 * text !== this.charts.isNarrow);
        this.sized = size;
        if (isRebuilt) {
            this.applyTheme();
            this.charts.build();
        }
        this.charts.resize();
        this.ladder.resize(this.looks);
        this.showRange();
    }

    /** Draw all again in another theme: axes keep the colours that they were made with. */
    private restyle(): void {
        this.applyTheme();
        this.charts.build();
        this.sized = "";
        this.layout();
    }

    private applyTheme(): void {
        const theme = resolved(this.view.theme);
        const { dataset } = document.documentElement;
        dataset.theme = theme;
        dataset.palette = this.view.palette;
        this.looks = look(this.elements.root, theme, this.view.palette);
    }

    private writeAddress(): void {
        clearTimeout(this.addressTimer);
        // While playing the address would change at every window, which browsers slow down.
        if (this.view.playing) return;
        this.addressTimer = window.setTimeout(() => {
            const address = addressOf(this.view, this.day);
            history.replaceState(null, "", `${location.pathname}${location.search}${address ? `#${address}` : ""}`);
        }, ADDRESS_AFTER_MS);
    }

    /** The day was cut: what was derived from it is made again, and the moment is its last window. */
    shrank(): void {
        this.model = new Model(this.day);
        this.model.derive(this.view);
        this.view = { ...this.view, moment: this.day.windows - 1, since: Math.max(0, Math.min(this.view.since, this.day.windows - 1)) };
    }

    /** Windows were appended to the day. */
    grew(): void {
        const wasLast = this.view.moment === this.model.exposure.done - 1;
        this.model.extend();
        // A day that began with few windows has seen little of the vacuum.
        if (this.day.windows < VACUUM_KNOWN_AFTER || this.day.windows % VACUUM_KNOWN_AFTER === 0) this.charts.reach = Math.max(LEAST_VACUUM, this.model.vacuumReach);
        if (wasLast) this.view = { ...this.view, moment: this.day.windows - 1 };
        this.showRange();
        for (const listener of this.listeners) listener(this.view, { moment: this.view.moment });
    }

    private get fieldRow(): number {
        return this.view.mode === "field" ? this.model.curveRow(this.view) : -1;
    }

    paint(): Paint {
        const hatch = Math.max(2, Math.round(2 * devicePixelRatio * (this.looks.text / 14)));
        return this.model.paint(this.view, this.looks.palette, hatch, this.fieldRow);
    }

    private get scene(): Scene {
        const { day, model, view, looks } = this;
        const unit = (devicePixelRatio || 1) * (looks.text / 14);
        return { day, model, view, paint: this.paint(), fieldRow: this.fieldRow, look: looks, unit };
    }

    private drawHeat(u: uPlot, frame: Frame): void {
        const { scene, picture } = this;
        const [left, top] = [Math.round(u.bbox.left), Math.round(u.bbox.top)];
        u.ctx.putImageData(picture.heat(frame, scene), left, top);
        const ribbon = picture.ribbon(frame, scene);
        if (ribbon) u.ctx.putImageData(ribbon, left, Math.round(u.bbox.top + frame.height + scene.unit));
    }

    private drawVacuum(u: uPlot, frame: Frame): void {
        const hasVacuum = this.charts.reach > LEAST_VACUUM;
        write(this.elements.vacuumName, hasVacuum ? "vacuum · above 0: thinner above the price" : "no book of the future: no vacuum");
        const image = hasVacuum ? this.picture.vacuum(frame, this.scene) : null;
        if (image) u.ctx.putImageData(image, Math.round(u.bbox.left), Math.round(u.bbox.top));
    }

    /** Everything that follows the moment alone: curtain, labels, ladder, readouts. */
    placeMoment(): void {
        const { view, day, model, elements, looks } = this;
        if (!this.charts.main || view.moment < 0) return;
        const end = day.endOf(day.k(view.moment));
        [this.charts.main, this.charts.vacuum].forEach((u, number) => this.placeCurtain(u, elements.curtains[number], end));
        const now = momentOf(model, view);
        const note = model.hasLevels(view) ? "" : "not of this weight";
        this.readouts.show(now, note);
        const { main } = this.charts;
        const ratio = devicePixelRatio || 1;
        const frameTop = main.bbox.top / ratio;
        const { isNarrow } = this.charts;
        const right = (main.bbox.left + main.bbox.width) / ratio;
        this.labels.show(now, {
            top: frameTop,
            height: main.bbox.height / ratio,
            left: isNarrow ? right - looks.text * 7.2 : right + looks.text * 0.35,
            low: main.scales.y.min ?? 0,
            high: main.scales.y.max ?? 1,
            text: looks.text,
            isNarrow,
        });
        const paint = view.mode === "field" ? model.paint({ ...view, mode: "strikes" }, looks.palette, 3) : this.paint();
        const key = [view.moment, day.windows, paint.scale(view.moment), view.contrast, view.palette, looks.theme, view.mode, view.since].join();
        const state = { ...this.rungState, price: model.price, spacing: model.spacingAt(view.moment), recent: RECENT_MINUTES * day.perMinute, paint };
        this.ladder.draw(state, looks, `${key} ${view.convention} ${view.weight} ${view.side} ${view.scope} ${view.scale}`);
        write(elements.ladderUnit, now.unit);
        this.legend.show(this.paint(), view.moment, now.unit, view, looks);
        write(elements.clock, `${clock(end)} UTC · ${newYork(end)} New York`);
        this.announcer.show(this, now);
    }

    private get rungState(): Pick<LadderState, "exposure" | "moment" | "listed" | "isListed" | "hasGapBefore"> {
        const { model, view } = this;
        const { exposure, listed, isListed, time } = model;
        return { exposure, moment: view.moment, listed, isListed, hasGapBefore: (t) => time.hasGapBefore(t) };
    }

    /** Strikes around the price as the ladder shows them. */
    rungs(): Rung[] {
        return rungs(this.rungState, this.model.price(this.view.moment), this.paint().change);
    }

    /** The curtain hides what comes after the moment: wholly while playing, else so that it can still be made out. */
    private placeCurtain(u: uPlot, curtain: HTMLElement, end: number): void {
        const ratio = devicePixelRatio || 1;
        const [left, top, width, height] = [u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height].map((one) => one / ratio);
        // The rail cuts the curtain off at the chart's edge, so that moving it lays nothing out.
        const rail = curtain.parentElement!;
        const place = `translate(${left}px, ${top}px)`;
        if (rail.style.transform !== place) rail.style.transform = place;
        for (const [side, size] of [["width", `${width}px`], ["height", `${height}px`]] as const) if (rail.style[side] !== size) rail.style[side] = size;
        const start = Math.max(0, Math.min(width, u.valToPos(end, "x")));
        const isLast = this.view.moment === this.day.windows - 1;
        curtain.hidden = isLast || start >= width;
        curtain.style.transform = `translateX(${start.toFixed(1)}px)`;
    }

    /** Expirations counted now, for those who ask. */
    get expirations(): number[] {
        return expirationsIn(this.day, this.view.scope);
    }
}
