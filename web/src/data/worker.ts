/** A worker that inflates and unpacks blobs, so that the page stays responsive meanwhile. */

import { cellsOf, type Codes } from "./codec.ts";
import type { ColumnSpec } from "./format.ts";
import { bytesOf, inflate } from "./inflate.ts";
import type { Changes } from "./runs.ts";

export interface Task {
    blob: string;
    base64: string;
    columns: { spec: ColumnSpec; rows: number; columns: number; stride: number }[];
}

export interface Answer {
    blob: string;
    cells: (Codes | Changes)[];
    failure: string | null;
}

/** The unpacked columns, or why there are none. */
export async function answered(task: Task): Promise<Answer> {
    const { blob } = task;
    try {
        const found = await inflate(bytesOf(task.base64));
        const cells = task.columns.map(({ spec, rows, columns, stride }) => cellsOf(found, spec, rows, columns, stride));
        return { blob, cells, failure: null };
    } catch (error) {
        return { blob, cells: [], failure: error instanceof Error ? error.message : String(error) };
    }
}

/** Memory that changes hands: nothing is copied. */
function buffersOf(cells: Codes | Changes): Transferable[] {
    return "places" in cells ? [cells.starts.buffer, cells.places.buffer, cells.codes.buffer] : [cells.buffer];
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
        void answered(event.data).then((done) => scope.postMessage(done, done.cells.flatMap(buffersOf)));
    };
}
