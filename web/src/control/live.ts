/** Windows as they come: server-sent events of replay and of the live feed. */

import type { App } from "../page/app.ts";
import { element } from "../page/dom.ts";
import type { WindowMessage } from "../data/format.ts";

/** Windows that may fail to come before a day is no longer called live. */
const QUIET_AFTER = 6;

interface ReplayState {
    session: string;
    speed: number;
    paused: boolean;
}

export class Live {
    private readonly app: App;
    private readonly source: EventSource;
    private timer = 0;
    /** Of a replay: by it the server's clock is changed. */
    private session: string | null = null;
    private isFollowing = false;
    private quietTimer = 0;

    constructor(app: App, address: string) {
        this.app = app;
        this.say("connecting", "connecting …");
        this.source = new EventSource(address);
        this.source.addEventListener("open", () => this.say("open", "connected"));
        this.source.addEventListener("error", () => {
            const isOver = this.source.readyState === EventSource.CLOSED;
            this.say(isOver ? "closed" : "connecting", isOver ? "connection closed" : "connection lost: trying again …");
        });
        this.source.addEventListener("window", (event) => this.onWindow(JSON.parse((event as MessageEvent<string>).data) as WindowMessage));
        this.source.addEventListener("published", () => this.offerReload());
        this.source.addEventListener("replay", (event) => this.follow(JSON.parse((event as MessageEvent<string>).data) as ReplayState));
        this.source.addEventListener("end", () => {
            this.source.close();
            this.session = null;
            clearTimeout(this.quietTimer);
            app.isRemote = false;
            void app.change({ playing: false });
            this.say("closed", "end of the replay");
        });
        app.onChange((view, changed) => {
            if (this.isFollowing) return;
            if (changed.playing !== undefined) this.ask({ pause: !view.playing });
            if (changed.speed !== undefined) this.ask({ speed: view.speed });
        });
        // A page in the browser's cache would keep its connection, and a server counts those.
        addEventListener("pagehide", () => this.source.close());
    }

    /** The clock of a replay is the server's: the page shows its state, and asks for changes. */
    private follow(state: ReplayState): void {
        this.session = state.session;
        this.app.isRemote = true;
        this.isFollowing = true;
        void this.app.change({ playing: !state.paused, speed: state.speed }).finally(() => (this.isFollowing = false));
        this.say("open", state.paused ? "replay paused" : `replay × ${state.speed}`);
    }

    private ask(change: { pause?: boolean; speed?: number }): void {
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
        if (!this.app.day.append(message)) return;
        if (this.session === null) this.sayLive();
        // Several windows may come at once: they are drawn together.
        this.timer ||= requestAnimationFrame(() => {
            this.timer = 0;
            this.app.grew();
        });
    }

    /** The day was published again: what is shown may be outdated. The address keeps the view. */
    private offerReload(): void {
        const { message } = this.app.elements;
        const button = element("button", { type: "button", class: "gex-button" }, ["Load it"]);
        button.addEventListener("click", () => location.reload());
        message.replaceChildren("This day was published again. ", button);
        message.hidden = false;
    }
}
