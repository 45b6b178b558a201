/** The header's choices, and the footer's: built once, kept equal to the view. */

import type { App } from "../page/app.ts";
import { element } from "../page/dom.ts";
import { Select, type Choice } from "../page/parts.ts";
import { weightsFor } from "../derived/signs.ts";
import { clock, words } from "../page/text.ts";
import { CONTRASTS, scopesOf, SPEEDS, weightsOf, type View } from "./view.ts";

const OWN_WEIGHT = "";
/** Parts of a view that no choice of the header shows. */
const MOVING: ReadonlySet<string> = new Set(["moment", "x", "y", "playing", "speed"]);

export class Controls {
    private readonly app: App;
    private readonly selects: Record<string, Select>;
    /** Of the footer, what is shown but the moment. */
    private footer = "";
    private moment = -1;

    constructor(app: App) {
        this.app = app;
        const pick = (changed: (value: string) => Partial<View>) => (value: string): void => void app.change(changed(value));
        this.selects = {
            convention: new Select("convention", "c", true, pick((convention) => ({ convention, weight: null }))),
            weight: new Select("weight", "w", true, pick((weight) => ({ weight: weight === OWN_WEIGHT ? null : weight }))),
            side: new Select("net, calls or puts", "n", false, pick((side) => ({ side: side as View["side"] }))),
            scope: new Select("expirations", "x", true, pick((scope) => ({ scope }))),
            mode: new Select("view", "v", true, pick((mode) => this.modeOf(mode as View["mode"]))),
            scale: new Select("scale", "l", false, pick((scale) => ({ scale: scale as View["scale"] }))),
            contrast: new Select("contrast", "[ ]", false, pick((contrast) => ({ contrast: Number(contrast) }))),
            palette: new Select("colours", "p", false, pick((palette) => ({ palette: palette as View["palette"] }))),
            theme: new Select("theme", "t", false, pick((theme) => ({ theme: theme as View["theme"] }))),
        };
        const help = element("button", { type: "button", class: "gex-button", "aria-label": "Keys and help", title: "Keys (?)" }, ["?"]);
        help.addEventListener("click", () => app.elements.help.showModal());
        const more = element("details", { class: "gex-more" }, [element("summary", {}, ["view"])]);
        const inner = element("div", { class: "gex-choices" }, Object.values(this.selects).map((one) => one.node));
        more.append(inner);
        // On wide screens all choices stand in the header; on narrow ones they open.
        more.open = matchMedia("(min-width: 760px)").matches;
        app.elements.controls.append(more, help);
        app.onChange((view, changed) => {
            const keys = Object.keys(changed);
            // Choices are what they were while the picture plays or moves.
            if (!keys.length || keys.some((key) => !MOVING.has(key))) this.show(view);
            this.showFooter(view);
        });
        this.show(app.view);
        this.showFooter(app.view);
        this.wireFooter();
    }

    /** A change needs a moment to begin with: the one shown, if nothing came after it the first of the day. */
    modeOf(mode: View["mode"]): Partial<View> {
        if (mode !== "change") return { mode };
        const { moment } = this.app.view;
        const isLast = moment >= this.app.day.windows - 1;
        return { mode, since: isLast ? this.firstSince() : moment };
    }

    /** The regular session's opening, else the day's first window. */
    private firstSince(): number {
        const opens = this.app.day.header.regular_hours?.[0]?.[0];
        return opens === undefined ? 0 : Math.max(0, this.app.day.columnAt(opens));
    }

    private show(view: View): void {
        const { day, model } = this.app;
        const { conventions } = day.header;
        const convention = model.convention(view);
        const own = convention?.weight ?? null;
        const others = convention ? weightsFor(convention, weightsOf(day)).filter((one) => one !== own) : [];
        const choices = (values: string[]): Choice[] => values.map((value) => ({ value, label: words(value) }));
        this.selects.convention.set(choices(conventions.map((one) => one.name)), view.convention);
        this.selects.weight.set([{ value: OWN_WEIGHT, label: own ? words(own) : "none" }, ...choices(others)], view.weight ?? OWN_WEIGHT);
        this.selects.side.set([{ value: "net", label: "net" }, { value: "call", label: "calls" }, { value: "put", label: "puts" }], view.side);
        this.selects.scope.set(scopesOf(day).map((one) => ({ value: one.name, label: one.label })), view.scope);
        const since = day.windows > 0 ? ` ${clock(day.endOf(day.k(view.since)), false)}` : "";
        const hasNoField = view.mode === "field" && model.curveRow(view) < 0;
        const modes: Choice[] = [
            { value: "strikes", label: "strikes" },
            ...(day.header.profile ? [{ value: "field", label: hasNoField ? `field: none of this ${model.hasLevels(view) ? "expiration" : "weight"}` : "field" }] : []),
            { value: "change", label: view.mode === "change" ? `change since${since}` : "change since…" },
        ];
        this.selects.mode.set(modes, view.mode);
        this.selects.scale.set([{ value: "trailing", label: "trailing scale" }, { value: "fixed", label: "fixed scale" }], view.scale);
        this.selects.contrast.set(CONTRASTS.map((one) => ({ value: String(one), label: `contrast × ${one}` })), String(view.contrast));
        this.selects.palette.set([{ value: "red-green", label: "red/green" }, { value: "blue-orange", label: "blue/orange" }], view.palette);
        this.selects.theme.set([{ value: "auto", label: "system theme" }, { value: "dark", label: "dark" }, { value: "light", label: "light" }], view.theme);
    }

    private showFooter(view: View): void {
        const { day } = this.app;
        const { play, slider } = this.app.elements;
        const state = `${view.playing} ${view.speed} ${day.windows}`;
        if (state !== this.footer) {
            this.footer = state;
            play.textContent = view.playing ? "❚❚" : "▶";
            play.setAttribute("aria-label", view.playing ? "Pause" : "Play");
            this.app.elements.root.classList.toggle("gex-playing", view.playing);
            slider.max = String(Math.max(0, day.windows - 1));
            this.app.elements.speed.value = String(view.speed);
        }
        if (view.moment === this.moment) return;
        this.moment = view.moment;
        slider.value = String(view.moment);
        if (day.windows > 0) slider.setAttribute("aria-valuetext", `${clock(day.endOf(day.k(view.moment)))} UTC`);
    }

    private wireFooter(): void {
        const { app } = this;
        const { slider, speed, play } = app.elements;
        speed.append(...SPEEDS.map((one) => element("option", { value: String(one) }, [`× ${one}`])));
        speed.value = String(app.view.speed);
        speed.addEventListener("change", () => void app.change({ speed: Number(speed.value) }));
        slider.addEventListener("input", () => void app.change({ moment: Number(slider.value), playing: false }));
        play.addEventListener("click", () => void app.change({ playing: !app.view.playing }));
    }
}
