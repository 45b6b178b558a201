/** The legend: colours with the exposure of the full colour, and what grey, hatched and pale mean. */

import { element, write } from "../page/dom.ts";
import type { Paint } from "./heat.ts";
import type { Look } from "./theme.ts";
import { amount } from "../page/text.ts";
import type { View } from "../control/view.ts";

export class Legend {
    private readonly bar = element("canvas", { class: "gex-bar", width: "193", height: "1", "aria-hidden": "true" });
    private readonly low = element("span");
    private readonly high = element("span");
    private readonly unit = element("span");
    private readonly swatches = element("div", { class: "gex-swatches" });
    private drawn = "";

    constructor(host: HTMLElement) {
        host.append(element("div", { class: "gex-scale" }, [this.low, this.bar, this.high]), this.unit, this.swatches);
        for (const [name, text] of [["missing", "missing"], ["unsure", "within 2 standard errors of 0"], ["old", "older quotes are paler"]]) {
            this.swatches.append(element("span", {}, [element("i", { class: `gex-swatch gex-swatch-${name}` }), text]));
        }
    }

    show(paint: Paint, t: number, unit: string, view: View, look: Look): void {
        const full = paint.scale(t) / paint.contrast;
        const text = amount(full, false);
        write(this.low, `−${text}`);
        write(this.high, `+${text}`);
        const kind = view.mode === "change" ? "change, " : "";
        const about = `${kind}${unit} · ${view.scale} scale`;
        write(this.unit, about);
        const key = `${look.theme} ${view.palette}`;
        if (this.drawn === key) return;
        this.drawn = key;
        const ctx = this.bar.getContext("2d")!;
        for (let x = 0; x < 193; x++) {
            const share = (x - 96) / 96;
            ctx.fillStyle = paint.palette.hexOf(share * Math.abs(share));
            ctx.fillRect(x, 0, 1, 1);
        }
    }
}
