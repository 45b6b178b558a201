/** The picture of one chain: exposure by strike with its error, net exposure over prices next to it, walls, flip and price across both. */

import { ChainDrawing, type Chain, type ChainView } from "./drawing/chain_drawing.ts";
import { element } from "./page/dom.ts";
import { Readout, sayFailure, Select } from "./page/parts.ts";
import { amount, fixed, price as priceText } from "./page/text.ts";
import { look, resolved } from "./drawing/theme.ts";
import { rememberLook, rememberedLook } from "./control/view.ts";

function chainOf(document: Document): Chain {
    const text = document.getElementById("gex-chain")?.textContent;
    if (!text) throw new Error("Expected the element gex-chain with the chain, was none: make the page again");
    return JSON.parse(text) as Chain;
}

/** What a chain page says of itself in a line. */
function readouts(chain: Chain): HTMLElement {
    const one = (label: string, value: string, more = ""): HTMLElement => {
        const made = new Readout(label);
        made.set(value, more);
        return made.node;
    };
    const net = chain.net.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    const band = chain.band ? `${fixed(chain.band[0], 0)} to ${fixed(chain.band[1], 0)}` : "";
    const { call, put } = chain.walls;
    return element("div", { class: "gex-readouts" }, [
        one("price", fixed(chain.spot ?? NaN, 2)),
        one("net", amount(net), chain.unit),
        one("flip", fixed(chain.flip ?? NaN, 1), band),
        one("walls", `${priceText(call ?? NaN)} / ${priceText(put ?? NaN)}`),
        one("convention", chain.convention),
    ]);
}

function table(chain: Chain): HTMLElement {
    const heads = ["Strike", "Net", "Standard error", "Calls", "Puts"].map((text) => element("th", { scope: "col" }, [text]));
    const rows = chain.strikes.map((strike, i) => {
        const cells = [chain.net[i], chain.se?.[i], chain.call[i], chain.put[i]].map((value) => element("td", {}, [amount(value ?? NaN)]));
        return element("tr", {}, [element("th", { scope: "row" }, [priceText(strike)]), ...cells]);
    });
    return element("div", { class: "gex-sr" }, [
        element("table", {}, [
            element("caption", {}, [`Exposure by strike, ${chain.unit}`]),
            element("thead", {}, [element("tr", {}, heads)]),
            element("tbody", {}, rows),
        ]),
    ]);
}

function start(host: HTMLElement): void {
    const chain = chainOf(document);
    const kept = rememberedLook();
    const view: ChainView = { side: "net", palette: kept.palette, theme: kept.theme, y: null };
    const canvas = element("canvas", { role: "img", tabindex: "0", "aria-label": "Exposure by strike and net exposure over prices; the table after it holds the numbers" });
    const tip = element("div", { class: "gex-tip" });
    tip.hidden = true;
    const body = element("div", { class: "gex-chain-body" }, [canvas, tip]);
    const controls = element("div", { class: "gex-controls" });
    const root = element("div", { class: "gex-picture gex-chain" }, [
        element("header", { class: "gex-head" }, [element("h1", {}, [chain.title ?? "Chain"]), readouts(chain), controls]),
        body,
        table(chain),
    ]);
    host.append(root);
    const drawing = new ChainDrawing(canvas, tip, chain);
    const show = (): void => {
        const theme = resolved(view.theme);
        document.documentElement.dataset.theme = theme;
        document.documentElement.dataset.palette = view.palette;
        drawing.draw(view, look(root, theme, view.palette));
    };
    const choose = (label: string, choices: [string, string][], value: string, pick: (value: string) => void): void => {
        const made = new Select(label, "", false, (chosen) => {
            pick(chosen);
            rememberLook(view);
            show();
        });
        made.set(choices.map(([name, text]) => ({ value: name, label: text })), value);
        controls.append(made.node);
    };
    choose("net, or calls and puts", [["net", "net"], ["both", "calls and puts"]], view.side, (side) => (view.side = side as ChainView["side"]));
    choose("colours", [["red-green", "red/green"], ["blue-orange", "blue/orange"]], view.palette, (name) => (view.palette = name as ChainView["palette"]));
    choose("theme", [["auto", "system theme"], ["dark", "dark"], ["light", "light"]], view.theme, (name) => (view.theme = name as ChainView["theme"]));
    drawing.wire(view, show);
    new ResizeObserver(show).observe(body);
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", show);
    show();
}

const host = document.getElementById("gex-picture") ?? document.body;
try {
    start(host);
} catch (error) {
    sayFailure(host, error);
    throw error;
}
