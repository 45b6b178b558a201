/** A worker that inflates and unpacks blobs, so that the page stays responsive meanwhile. */

import { unpack, type Codes } from "./codec.ts";
import type { ColumnSpec } from "./format.ts";
import { bytesOf, inflate } from "./inflate.ts";

export interface Task {
    blob: string;
    base64: string;
    columns: { spec: ColumnSpec; rows: number; columns: number; stride: number }[];
}

export interface Answer {
    blob: string;
    codes: Codes[];
    failure: string | null;
}

/** The unpacked columns, or why there are none. */
export async function answered(task: Task): Promise<Answer> {
    const { blob } = task;
    try {
        const bytes = await inflate(bytesOf(task.base64));
        const codes = task.columns.map(({ spec, rows, columns, stride }) => unpack(bytes, spec, rows, columns, stride));
        return { blob, codes, failure: null };
    } catch (error) {
        return { blob, codes: [], failure: error instanceof Error ? error.message : String(error) };
    }
}

interface WorkerScope {
    onmessage: ((event: MessageEvent<Task>) => void) | null;
    postMessage(message: Answer, transfer: Transferable[]): void;
    importScripts?: unknown;
}

// The module is also imported by the page, for browsers that refuse workers: there it must not listen.
const scope = globalThis as unknown as WorkerScope;
if (typeof scope.importScripts === "function") {
    scope.onmessage = (event) => {
        void answered(event.data).then((done) => scope.postMessage(done, done.codes.map((one) => one.buffer)));
    };
}
