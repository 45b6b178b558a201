/** The page of a day's picture: reads the day out of the page, shows it, and answers to mouse, keyboard and events. */

import { App } from "./page/app.ts";
import { Controls } from "./control/controls.ts";
import { Day } from "./data/day.ts";
import { Keys } from "./control/keys.ts";
import { Live } from "./control/live.ts";
import { headerOf, isPassing, Loader } from "./data/loader.ts";
import { Player } from "./control/player.ts";
import { Pointer } from "./control/pointer.ts";
import { cellAt, type Cell } from "./page/tip.ts";
import { sayFailure } from "./page/parts.ts";
import { momentOf, type Moment } from "./page/readouts.ts";
import { viewOf, type View } from "./control/view.ts";

const FORGET_EVERY_MS = 20_000;

/** What tests and consoles may ask of the page. */
export interface Hook {
    day: Day;
    app: App;
    loader: Loader;
    /** Resolves when everything is loaded and drawn. */
    ready: Promise<void>;
    change: (changed: Partial<View>) => Promise<void>;
    cell: (time: number, price: number) => Cell | null;
    moment: () => Moment;
}

declare global {
    interface Window {
        gex?: Hook;
    }
}

async function start(host: HTMLElement): Promise<void> {
    const day = new Day(headerOf(document));
    const loader = new Loader(day);
    await loader.load("core");
    performance.mark("gex-core");
    const app = new App(day, loader, host);
    const ready = run(app, loader);
    window.gex = {
        day,
        app,
        loader,
        ready,
        change: (changed) => app.change(changed),
        cell: (time, price) => cellAt(app, time, price),
        moment: () => momentOf(app.model, app.view),
    };
    await ready;
}

async function run(app: App, loader: Loader): Promise<void> {
    await app.start();
    performance.mark("gex-drawn");
    const controls = new Controls(app);
    new Keys(app, controls);
    new Pointer(app);
    new Player(app);
    // An address pasted into the open page.
    addEventListener("hashchange", () => void app.change(viewOf(location.hash, app.day)));
    const { live } = app.day.header;
    // The rest is unpacked while nothing else is asked for, weights only when they are chosen. A day that grows needs all of them:
    // windows are added to each column.
    for (const blob of app.day.blobs.filter((name) => app.day.grows || !isPassing(name))) {
        await loader.load(blob);
    }
    if (!app.day.grows) setInterval(() => loader.forget(app.needed(app.view)), FORGET_EVERY_MS);
    if (live) new Live(app, live.events);
    performance.mark("gex-ready");
}

const host = document.getElementById("gex-picture") ?? document.getElementById("picture") ?? document.body;
start(host).catch((error: unknown) => {
    sayFailure(host, error);
    throw error;
});
