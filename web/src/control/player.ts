/** Plays the day: the moment moves with the clock, times the speed. Hours without windows are passed over. */

import type { App } from "../page/app.ts";

/** Longest step of one frame: a page that was hidden does not jump. [s] */
const LONGEST_FRAME_S = 0.25;

export class Player {
    private readonly app: App;
    private frame = 0;
    private before = 0;
    /** Windows and parts of one since the day's first. */
    private place = 0;

    constructor(app: App) {
        this.app = app;
        app.onChange((view, changed) => {
            if (changed.playing === undefined) return;
            if (view.playing) this.start();
            else this.stop();
        });
    }

    private start(): void {
        this.stop();
        const { app } = this;
        if (app.day.windows === 0 || app.isRemote) return;
        // At the end there is nothing left to play: it begins again where the view begins.
        if (app.view.moment >= app.day.windows - 1) {
            const [from] = app.model.time.columns(app.range.x[0], app.range.x[1]);
            void app.change({ moment: from });
        }
        this.place = app.view.moment;
        this.before = performance.now();
        this.frame = requestAnimationFrame((now) => this.step(now));
    }

    private stop(): void {
        cancelAnimationFrame(this.frame);
    }

    private step(now: number): void {
        const { app } = this;
        const { day, view } = app;
        const passed = Math.min(LONGEST_FRAME_S, (now - this.before) / 1000);
        this.before = now;
        // The slider may have moved the moment meanwhile.
        if (Math.floor(this.place) !== view.moment) this.place = view.moment;
        this.place = Math.min(day.windows - 1, this.place + (passed * view.speed) / day.windowS);
        const moment = Math.floor(this.place);
        if (moment !== view.moment) {
            void app.change({ moment });
            this.follow(moment);
        }
        if (moment >= day.windows - 1) void app.change({ playing: false });
        else this.frame = requestAnimationFrame((later) => this.step(later));
    }

    /** When the moment leaves the view, the view goes on by three quarters of its width. */
    private follow(moment: number): void {
        const { app } = this;
        const end = app.day.endOf(app.day.k(moment));
        const [start, stop] = app.range.x;
        if (end <= stop && end >= start) return;
        const width = stop - start;
        void app.change({ x: [end - width / 4, end + (width * 3) / 4] });
    }
}
