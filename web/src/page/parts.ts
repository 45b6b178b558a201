/** Parts that both pages are built of: a number with its name, a choice, and what a reader is told when something failed. */

import { element, write } from "./dom.ts";

/** What failed, in words. */
export function failure(error: unknown): string {
    return error instanceof Error ? error.message : String(error);
}

/** Show in the page why there is nothing else to see. */
export function sayFailure(host: HTMLElement, error: unknown): void {
    host.append(element("div", { class: "gex-message", role: "alert" }, [failure(error)]));
}

export class Readout {
    readonly node: HTMLElement;
    private readonly value = element("b");
    private readonly more = element("small");

    constructor(label: string, title = "") {
        this.node = element("span", { class: "gex-readout", ...(title && { title }) }, [element("span", {}, [label]), this.value, this.more]);
    }

    set(value: string, more = ""): void {
        write(this.value, value);
        write(this.more, more);
    }
}

export interface Choice {
    value: string;
    label: string;
}

export class Select {
    readonly node: HTMLElement;
    private readonly select = element("select");

    /** `key`: on the keyboard, none where it is empty. `isShown`: whether the label is seen next to the choice; readers of screens hear it in any case. */
    constructor(label: string, key: string, isShown: boolean, pick: (value: string) => void) {
        this.select.title = key ? `${label} (${key})` : label;
        this.select.addEventListener("change", () => pick(this.select.value));
        this.node = element("label", { class: "gex-choice" }, [element("span", isShown ? {} : { class: "gex-sr" }, [label]), this.select]);
    }

    set(choices: Choice[], value: string): void {
        const known = [...this.select.options].map((one) => `${one.value}\n${one.text}`).join();
        if (known !== choices.map((one) => `${one.value}\n${one.label}`).join()) {
            this.select.replaceChildren(...choices.map((one) => element("option", { value: one.value }, [one.label])));
        }
        this.select.value = value;
        this.node.hidden = choices.length < 2;
    }
}
