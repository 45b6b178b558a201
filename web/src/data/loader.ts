/** Reads a day out of the page: its header at once, its blobs when they are asked for, unpacked in a worker. */

import { Day } from "./day.ts";
import type { Header } from "./format.ts";
import { answered, type Answer, type Task } from "./worker.ts";

declare const WORKER_SOURCE: string;

export function headerOf(document: Document): Header {
    const text = document.getElementById("gex-day")?.textContent;
    if (!text) throw new Error("Expected the element gex-day with the day's header, was none: make the page again");
    return JSON.parse(text) as Header;
}

/** Weights that no view needed for so long give back their memory; they are unpacked again when they are chosen again. [ms] */
const KEPT_MS = 60_000;

/** Whether a blob is unpacked only while a view needs it: by far the most memory is that of weights. */
export function isPassing(blob: string): boolean {
    return blob.startsWith("weight-");
}

export class Loader {
    private readonly day: Day;
    private readonly usedAt = new Map<string, number>();
    private worker: Worker | null;
    private readonly known = new Map<string, Promise<void>>();
    private readonly waiting = new Map<string, { task: Task; done: (found: Answer | Promise<Answer>) => void }>();

    constructor(day: Day) {
        this.day = day;
        this.worker = startWorker();
        if (!this.worker) return;
        this.worker.onmessage = (event: MessageEvent<Answer>) => {
            this.waiting.get(event.data.blob)?.done(event.data);
            this.waiting.delete(event.data.blob);
        };
        // A policy may forbid workers, and a worker may run out of memory: what it was asked for is unpacked here.
        this.worker.onerror = () => {
            this.worker = null;
            for (const { task, done } of this.waiting.values()) done(answered(task));
            this.waiting.clear();
        };
    }

    has(blob: string): boolean {
        return this.day.specsOf(blob).length > 0;
    }

    /** Resolves when the columns of a blob are in the day. */
    load(blob: string): Promise<void> {
        this.usedAt.set(blob, performance.now());
        let promise = this.known.get(blob);
        if (!promise) {
            promise = this.fetch(blob);
            this.known.set(blob, promise);
            // What failed may be asked for again.
            promise.catch(() => this.known.delete(blob));
        }
        return promise;
    }

    /**
     * Drop weights that are not among `needed` and were not used lately. A day that grows keeps all: windows are added to each column.
     */
    forget(needed: ReadonlySet<string>, now: number = performance.now()): void {
        if (this.day.grows) return;
        for (const blob of [...this.known.keys()].filter(isPassing)) {
            // What is shown is in use until another view is.
            if (needed.has(blob)) this.usedAt.set(blob, now);
            if (now - this.usedAt.get(blob)! < KEPT_MS) continue;
            this.known.delete(blob);
            this.day.drop(blob);
        }
    }

    private async fetch(blob: string): Promise<void> {
        const element = document.getElementById(`gex-blob-${blob}`);
        if (!element) throw new Error(`Expected the element gex-blob-${blob}, was none: make the page again`);
        const specs = this.day.specsOf(blob);
        const task: Task = {
            blob,
            base64: (element.textContent ?? "").trim(),
            columns: specs.map((spec) => ({ spec, ...this.day.shape(spec) })),
        };
        const done = await this.ask(task);
        if (done.failure !== null) throw new Error(`Expected a readable blob ${blob}, was: ${done.failure}: load the page again`);
        specs.forEach((spec, place) => this.day.take(spec, done.cells[place]));
        // Where the text is not needed again, its memory is given back.
        if (this.day.grows || !isPassing(blob)) element.remove();
    }

    private ask(task: Task): Promise<Answer> {
        const { worker } = this;
        if (!worker) return answered(task);
        return new Promise((resolve) => {
            this.waiting.set(task.blob, { task, done: resolve });
            worker.postMessage(task);
        });
    }
}

function startWorker(): Worker | null {
    try {
        return new Worker(URL.createObjectURL(new Blob([WORKER_SOURCE], { type: "text/javascript" })));
    } catch {
        // A page under a strict content policy may have no workers: the main thread unpacks.
        return null;
    }
}
