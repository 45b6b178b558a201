/** The keyboard. Every choice has a key; keys of form elements stay theirs. */

import type { App } from "../page/app.ts";
import type { Controls } from "./controls.ts";
import { element } from "../page/dom.ts";
import { weightsFor } from "../derived/signs.ts";
import { CONTRASTS, scopesOf, SPEEDS, weightsOf, type View } from "./view.ts";
import { panned, zoomed } from "./zoom.ts";

const HELP: [string, string][] = [
    ["space", "play, pause"],
    ["← →", "a window back, forward; with shift a minute, with alt ten minutes"],
    ["home end", "the first, the last window"],
    ["< >", "slower, faster"],
    ["+ −", "zoom time in, out around the moment"],
    ["↑ ↓", "higher, lower prices; with shift zoom prices"],
    ["0", "the whole day"],
    ["c", "convention"],
    ["w", "weight"],
    ["n", "net, calls, puts"],
    ["x", "expirations"],
    ["v", "view: strikes, field, change since"],
    ["s", "changes since this moment"],
    ["[ ]", "less, more contrast"],
    ["l", "scale: trailing or fixed"],
    ["p", "colours: red/green or blue/orange"],
    ["t", "theme"],
    ["?", "this help"],
];

function after<T>(values: readonly T[], value: T, by = 1): T {
    return values[(values.indexOf(value) + by + values.length) % values.length];
}

export class Keys {
    private readonly app: App;
    private readonly controls: Controls;

    constructor(app: App, controls: Controls) {
        this.app = app;
        this.controls = controls;
        this.fillHelp();
        app.elements.root.tabIndex = -1;
        addEventListener("keydown", (event) => this.onKey(event));
    }

    private fillHelp(): void {
        const { help } = this.app.elements;
        const rows = HELP.map(([key, text]) => element("div", {}, [element("kbd", {}, [key]), element("span", {}, [text])]));
        const close = element("button", { type: "button", class: "gex-button" }, ["Close"]);
        close.addEventListener("click", () => help.close());
        const about = element("p", {}, [
            "Drag moves the picture, the wheel zooms time, with shift prices, a click sets the moment, a double click shows the whole day. " +
                "Who holds an option is not known: signs are an assumption of the convention.",
        ]);
        help.append(element("h2", {}, ["Keys"]), element("div", { class: "gex-keys" }, rows), about, close);
    }

    private onKey(event: KeyboardEvent): void {
        const target = event.target as HTMLElement;
        const isSlider = target === this.app.elements.slider;
        if (event.ctrlKey || event.metaKey || this.app.elements.help.open) return;
        // The page may hold more than the picture: keys are the picture's while it is in view and nothing else has them.
        if (target.closest("select, input, textarea, summary, [contenteditable]") && !isSlider) return;
        if (event.key === " " && target.closest("button, a")) return;
        const { bottom } = this.app.elements.root.getBoundingClientRect();
        if (bottom < innerHeight * 0.25) return;
        const changed = this.changeOf(event);
        if (changed === undefined) return;
        event.preventDefault();
        if (changed) void this.app.change(changed);
    }

    /** The change that a key asks for; null: none to the view; undefined: no key of ours. */
    private changeOf(event: KeyboardEvent): Partial<View> | null | undefined {
        const { app } = this;
        const { view, day } = app;
        const by = event.altKey ? 10 * day.perMinute : event.shiftKey ? day.perMinute : 1;
        const moved = (moment: number): Partial<View> => ({ moment: Math.max(0, Math.min(day.windows - 1, moment)), playing: false });
        switch (event.key) {
            case " ":
                return { playing: !view.playing };
            case "ArrowLeft":
                return moved(view.moment - by);
            case "ArrowRight":
                return moved(view.moment + by);
            case "Home":
                return moved(0);
            case "End":
                return moved(day.windows - 1);
            case "ArrowUp":
            case "ArrowDown": {
                const isUp = event.key === "ArrowUp";
                return event.shiftKey ? zoomed(app, 1, isUp ? 0.8 : 1.25) : panned(app, 0, isUp ? 0.1 : -0.1);
            }
            case "+":
            case "=":
                return zoomed(app, 0.8, 1);
            case "-":
                return zoomed(app, 1.25, 1);
            case "0":
                return { x: null, y: null };
            case "<":
                return { speed: SPEEDS[Math.max(0, SPEEDS.indexOf(view.speed) - 1)] };
            case ">":
                return { speed: SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(view.speed) + 1)] };
            case "[":
                return { contrast: CONTRASTS[Math.max(0, CONTRASTS.indexOf(view.contrast) - 1)] };
            case "]":
                return { contrast: CONTRASTS[Math.min(CONTRASTS.length - 1, CONTRASTS.indexOf(view.contrast) + 1)] };
            case "?":
                app.elements.help.showModal();
                return null;
            default:
                return event.altKey ? undefined : this.choiceOf(event.key);
        }
    }

    private choiceOf(key: string): Partial<View> | undefined {
        const { day, model } = this.app;
        const view = this.app.asked;
        switch (key) {
            case "c":
                return { convention: after(day.header.conventions.map((one) => one.name), view.convention), weight: null };
            case "w": {
                const convention = model.convention(view);
                const next = after(weightsFor(convention, weightsOf(day)), view.weight ?? convention.weight ?? "");
                return { weight: next === convention.weight ? null : next };
            }
            case "n":
                return { side: after<View["side"]>(["net", "call", "put"], view.side) };
            case "x":
                return { scope: after(scopesOf(day).map((one) => one.name), view.scope) };
            case "v": {
                const modes: View["mode"][] = day.header.profile ? ["strikes", "field", "change"] : ["strikes", "change"];
                return this.controls.modeOf(after(modes, view.mode));
            }
            case "s":
                return { mode: "change", since: this.app.view.moment };
            case "l":
                return { scale: view.scale === "fixed" ? "trailing" : "fixed" };
            case "p":
                return { palette: view.palette === "red-green" ? "blue-orange" : "red-green" };
            case "t":
                return { theme: after<View["theme"]>(["auto", "dark", "light"], view.theme) };
            default:
                return undefined;
        }
    }
}
