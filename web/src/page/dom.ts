/** The page's elements, made once. */

type Attributes = Record<string, string>;

export function element<K extends keyof HTMLElementTagNameMap>(
    tag: K,
    attributes: Attributes = {},
    children: (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
}

/** Write the text of an element that has nothing else, if it is another: each writing lays the page out again. */
export function write(node: HTMLElement, text: string): void {
    const { firstChild } = node;
    if (!firstChild) node.textContent = text;
    else if (firstChild.nodeValue !== text) firstChild.nodeValue = text;
}

export interface Elements {
    root: HTMLElement;
    title: HTMLElement;
    controls: HTMLElement;
    readouts: HTMLElement;
    notes: HTMLElement;
    plots: HTMLElement;
    main: HTMLElement;
    vacuum: HTMLElement;
    vacuumName: HTMLElement;
    curtains: [HTMLElement, HTMLElement];
    waves: HTMLCanvasElement;
    /** The price over the waves. */
    now: HTMLElement;
    labels: HTMLElement;
    crosshair: { x: HTMLElement; y: HTMLElement };
    tip: HTMLElement;
    ladder: HTMLElement;
    ladderCanvas: HTMLCanvasElement;
    ladderUnit: HTMLElement;
    legend: HTMLElement;
    play: HTMLButtonElement;
    speed: HTMLSelectElement;
    slider: HTMLInputElement;
    clock: HTMLElement;
    connection: HTMLElement;
    table: HTMLElement;
    announcer: HTMLElement;
    help: HTMLDialogElement;
    message: HTMLElement;
}

export function build(title: string): Elements {
    const div = (name: string, children: (Node | string)[] = [], attributes: Attributes = {}): HTMLElement =>
        element("div", { class: `gex-${name}`, ...attributes }, children);
    const hidden = { "aria-hidden": "true" };
    const main = div("main", [], { role: "img", "aria-label": "Gamma exposure by strike over time, with the price. The table after it holds the numbers." });
    const vacuum = div("vacuum", [], { role: "img", "aria-label": "Vacuum of the future's book over time" });
    const curtains: [HTMLElement, HTMLElement] = [div("curtain", [], hidden), div("curtain", [], hidden)];
    const [mainRail, vacuumRail] = curtains.map((one) => div("rail", [one]));
    const labels = div("labels", [], hidden);
    const crosshair = { x: div("cross-x", [], hidden), y: div("cross-y", [], hidden) };
    const tip = div("tip", [], hidden);
    tip.hidden = crosshair.x.hidden = crosshair.y.hidden = true;
    const vacuumName = div("panel-name");
    const mainHost = div("pane", [main, mainRail, labels, crosshair.x, crosshair.y]);
    const vacuumHost = div("pane gex-pane-low", [vacuum, vacuumRail, vacuumName]);
    const plots = div("plots", [mainHost, vacuumHost, tip]);
    const ladderCanvas = element("canvas", hidden);
    const waves = element("canvas", { class: "gex-waves", ...hidden });
    const now = div("now", [], hidden);
    const ladderUnit = element("span");
    const ladder = div("ladder", [
        div("ladder-head", [element("span", {}, ["last 20 min, price held still"]), ladderUnit]),
        div("ladder-body", [waves, ladderCanvas, now]),
    ]);
    const legend = div("legend");
    ladder.append(legend);
    const play = element("button", { class: "gex-play", type: "button", "aria-label": "Play" });
    const speed = element("select", { "aria-label": "Speed of playing" });
    const slider = element("input", { type: "range", class: "gex-slider", "aria-label": "Moment", min: "0", max: "0", step: "1" });
    const clock = div("clock");
    const connection = div("connection", [], { role: "status" });
    const heading = element("h1", {}, [title]);
    const controls = div("controls", [], { role: "group", "aria-label": "View" });
    const readouts = div("readouts");
    const notes = div("notes");
    const table = div("sr");
    const announcer = div("sr", [], { "aria-live": "polite", role: "status" });
    const help = element("dialog", { class: "gex-help", "aria-label": "Keys" });
    const message = div("message", [], { role: "alert" });
    message.hidden = true;
    const root = div("picture", [
        element("header", { class: "gex-head" }, [heading, controls, readouts, notes]),
        div("stage", [plots, ladder]),
        element("footer", { class: "gex-foot" }, [play, speed, slider, clock, connection]),
        table,
        announcer,
        help,
        message,
    ]);
    return {
        root,
        title: heading,
        controls,
        readouts,
        notes,
        plots,
        main,
        vacuum,
        vacuumName,
        curtains,
        waves,
        now,
        labels,
        crosshair,
        tip,
        ladder,
        ladderCanvas,
        ladderUnit,
        legend,
        play,
        speed,
        slider,
        clock,
        connection,
        table,
        announcer,
        help,
        message,
    };
}
