/** Windows as they come: server-sent events of replay and of the live feed. */

import type { App } from "../page/app.ts";
import { element } from "../page/dom.ts";
import type { WindowMessage } from "../data/format.ts";
import { clock } from "../page/text.ts";

/** Windows that may fail to come before a day is no longer called live. */
const QUIET_AFTER = 6;

/** The slider moves by many small steps: the last of them is asked for. [ms] */
const SEEK_AFTER_MS = 150;

interface ReplayState {
    session: string;
    speed: number;
    paused: boolean;
}

interface ReplayChange {
    pause?: boolean;
    speed?: number;
    /** Time of the day where it is to go on. */
    seek?: string;
}

export class Live {
    private readonly app: App;
    private readonly address: string;
    private source!: EventSource;
    private timer = 0;
    /** Of a replay: by it the server's clock is changed. */
    private session: string | null = null;
    /** Whether the view is changed by what the server said, and not by the reader. */
    private isFollowing = false;
    /** Whether a page that rested has to bring the server's clock to where it was. */
    private isBack = false;
    private isOver = false;
    private quietTimer = 0;
    private seekTimer = 0;
    private replay: ReplayState | null = null;
    private hasWindow = false;

    constructor(app: App, address: string) {
        this.app = app;
        this.address = address;
        this.connect();
        app.onChange((view, changed) => {
            if (this.isFollowing || this.session === null) return;
            if (changed.speed !== undefined) this.ask({ speed: view.speed });
            if (changed.moment !== undefined) this.seek();
            else if (changed.playing !== undefined) this.ask({ pause: !view.playing });
        });
        // A page in the browser's cache would keep its connection, and a server counts those.
        addEventListener("pagehide", () => this.source.close());
        addEventListener("pageshow", (event) => {
            if (!event.persisted || this.isOver) return;
            this.isBack = true;
            // The address says what the page shows: what was published while it rested is told at once.
            this.connect();
        });
    }

    private connect(): void {
        const source = new EventSource(this.address);
        this.source = source;
        const on = <T>(name: string, heard: (data: T) => void): void =>
            source.addEventListener(name, (event) => heard(JSON.parse((event as MessageEvent<string>).data) as T));
        this.say("connecting", "connecting …");
        source.addEventListener("open", () => this.say("open", `connected${this.waiting}`));
        source.addEventListener("error", () => {
            const isOver = source.readyState === EventSource.CLOSED;
            this.say(isOver ? "closed" : "connecting", isOver ? "connection closed" : "connection lost: trying again …");
        });
        on<WindowMessage>("window", (message) => this.onWindow(message));
        // Tables are published one by one: the page of the day comes last, and alone is another one.
        on<{ page?: boolean }>("published", (change) => {
            if (change.page) this.offerReload("This day was published again. ");
        });
        on("reset", () => this.offerReload("News of this day may have been missed. "));
        on("dropped", () => this.say("connecting", "events came too fast: connecting again …"));
        on<ReplayState>("replay", (state) => this.follow(state));
        on("end", () => this.end());
    }

    private end(): void {
        this.source.close();
        this.isOver = true;
        this.session = null;
        clearTimeout(this.quietTimer);
        this.app.isRemote = false;
        void this.app.change({ playing: false });
        this.say("closed", "end of the replay");
    }

    /** The clock of a replay is the server's: the page shows its state, and asks for changes. */
    private follow(state: ReplayState): void {
        const { app } = this;
        this.session = state.session;
        app.isRemote = true;
        if (this.isBack) {
            this.isBack = false;
            this.ask({ speed: app.view.speed, ...this.moment });
            return;
        }
        this.byServer(() => void app.change({ playing: !state.paused, speed: state.speed }));
        this.replay = state;
        this.sayReplay();
    }

    private sayReplay(): void {
        const { paused, speed } = this.replay!;
        this.say("open", paused ? "replay paused" : `replay × ${speed}${this.waiting}`);
    }

    /** The first window of a busy server takes a while. */
    private get waiting(): string {
        return this.app.day.grows && !this.hasWindow ? ", waiting for the first window" : "";
    }

    /** Changes of the clock alone are drawn at once: listeners hear of them before this returns. */
    private byServer(change: () => void): void {
        this.isFollowing = true;
        try {
            change();
        } finally {
            this.isFollowing = false;
        }
    }

    /** The reader chose a moment: the replay goes on from there. */
    private seek(): void {
        clearTimeout(this.seekTimer);
        this.seekTimer = window.setTimeout(() => this.ask(this.moment), SEEK_AFTER_MS);
    }

    /** Where the page's clock stands, as the server is asked for it. */
    private get moment(): ReplayChange {
        const { day, view } = this.app;
        if (view.moment < 0) return { pause: !view.playing };
        const begin = day.endOf(day.k(view.moment)) - day.header.step_s;
        return { pause: !view.playing, seek: clock(begin) };
    }

    private ask(change: ReplayChange): void {
        if (this.session === null) return;
        const headers = { "content-type": "application/json" };
        fetch(`/v1/replay-sessions/${this.session}`, { method: "POST", headers, body: JSON.stringify(change) }).then(
            (answer) => {
                if (!answer.ok) this.say("open", `the replay did not change: ${answer.status}`);
            },
            () => this.say("connecting", "the replay does not answer"),
        );
    }

    /** Live is what receives windows: after some without any, only the connection stands. */
    private sayLive(): void {
        this.say("open", "live");
        clearTimeout(this.quietTimer);
        this.quietTimer = window.setTimeout(() => {
            if (this.source.readyState === EventSource.OPEN) this.say("open", "connected, no new windows");
        }, QUIET_AFTER * this.app.day.windowS * 1000);
    }

    private say(state: string, text: string): void {
        const { connection } = this.app.elements;
        connection.dataset.state = state;
        connection.textContent = text;
    }

    private onWindow(message: WindowMessage): void {
        const { app } = this;
        if (!app.day.grows) return;
        const isFirst = !this.hasWindow;
        this.hasWindow = true;
        if (isFirst && this.session !== null) this.sayReplay();
        // A replay that was moved on and then back: what was left out comes now, and what comes after it comes again.
        if (this.session !== null && app.day.lacks(message.k)) {
            app.day.cut(message.k);
            app.shrank();
        }
        if (!app.day.append(message)) {
            // Of a replay that was moved back: the page has the window, and its clock goes there.
            const moment = app.day.columnAt(message.k);
            if (this.session !== null && moment >= 0 && moment !== app.view.moment) this.byServer(() => void app.change({ moment }));
            return;
        }
        if (this.session === null) this.sayLive();
        // Several windows may come at once: they are drawn together.
        this.timer ||= requestAnimationFrame(() => {
            this.timer = 0;
            this.byServer(() => app.grew());
        });
    }

    /** What is shown may be outdated. The address keeps the view. */
    private offerReload(why: string): void {
        const { message } = this.app.elements;
        const button = element("button", { type: "button", class: "gex-button" }, ["Load it"]);
        button.addEventListener("click", () => location.reload());
        message.replaceChildren(why, button);
        message.hidden = false;
    }
}
