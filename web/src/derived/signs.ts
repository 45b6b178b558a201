/** Scales and signs of exposures, as `gex_assets/kernels/exposure/exposure.py` defines them. */

import type { Convention } from "../data/format.ts";

export type Side = "net" | "call" | "put";

/** Exposure of one contract per unit of gamma: multiplier · scale(F). NaN where F is. */
export function factor(scale: Convention["scale"], F: number, multiplier: number): number {
    switch (scale) {
        case "usd_per_1pct":
            return multiplier * F * F * 0.01;
        case "usd_per_point":
            return multiplier * F;
        case "delta_per_point":
            return Number.isNaN(F) ? NaN : multiplier;
        case "contracts_per_1pct":
            return F * 0.01;
    }
}

/** Signs of calls and puts that do not depend on flow; null where they do. */
export function constantSigns(model: Convention["sign_model"]): [number, number] | null {
    switch (model) {
        case "long_call_short_put":
            return [1, -1];
        case "short_call_long_put":
            return [-1, 1];
        case "gross":
            return [1, 1];
        case "flow_signed":
            return null;
    }
}

/** Signed contracts of one side: sign · |contracts|; NaN where either is missing. */
export function signedContracts(contracts: number, sign: number): number {
    return Math.abs(contracts) * sign;
}

/** The sum of what is known; NaN where neither is. */
export function ofBoth(call: number, put: number): number {
    if (Number.isNaN(call)) return put;
    return Number.isNaN(put) ? call : call + put;
}

/** Weights that a convention can be shown with: signed flow needs the model that reads its sign. */
export function weightsFor(convention: Convention, weights: readonly string[]): string[] {
    if (convention.sign_model === "flow_signed") return [...weights];
    return weights.filter((weight) => weight !== "flow_inventory");
}
