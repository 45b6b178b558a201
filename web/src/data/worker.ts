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

export async function answer(task: Task): Promise<Answer> {
    const bytes = await inflate(bytesOf(task.base64));
    const codes = task.columns.map(({ spec, rows, columns, stride }) => unpack(bytes, spec, rows, columns, stride));
    return { blob: task.blob, codes, failure: null };
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
        answer(event.data).then(
            (done) => scope.postMessage(done, done.codes.map((one) => one.buffer)),
            (error: unknown) => scope.postMessage({ blob: event.data.blob, codes: [], failure: String(error) }, []),
        );
    };
}
