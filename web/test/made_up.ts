/** A made-up day for tests: two expirations, a price that travels, a hole, closed hours, missing and uncertain strikes. */

import type { Header } from "../src/data/format.ts";
import { deflated, packed, type Wanted } from "./packing.ts";

export interface MadeUp {
    header: Header;
    blobs: Record<string, string>;
}

export interface Wishes {
    windows?: number;
    live?: string;
    hasFutures?: boolean;
    /** Two strikes only, for tests of a whole day's windows. */
    onlyTimes?: boolean;
}

const MIDNIGHT = Date.UTC(2026, 0, 6) / 1000;

/** Repeatable noise in [-1, 1). */
function noise(seed: number): number {
    let x = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 31 - 1;
}

export function madeUp({ windows = 16_440, live, hasFutures = true, onlyTimes = false }: Wishes = {}): MadeUp {
    // Open until 22:00, closed for an hour; a hole of ten minutes at 03:20.
    const ks: number[] = [];
    for (let k = 0; ks.length < windows && k < 17_280; k++) if ((k < 15_840 || k >= 16_560) && (k < 2400 || k >= 2520)) ks.push(k);
    const prices: number[] = [];
    let price = 6925;
    for (const k of ks) {
        const pull = k < 10_800 ? 6925 : k < 13_000 ? 6952 : 6898;
        price += 0.55 * noise(k + 17) * (k > 10_320 ? 1.7 : 1) + 0.0012 * (pull - price);
        prices.push(Math.round(price * 100) / 100);
    }
    const near = Array.from({ length: 121 }, (_, i) => 6625 + 5 * i);
    const far = Array.from({ length: 61 }, (_, i) => 6200 + 25 * i);
    const all = [...near.map((strike) => ({ expiration: 0, strike })), ...far.map((strike) => ({ expiration: 1, strike }))];
    const lines = onlyTimes ? [all[0], all[121]] : all;
    const years = (expiration: number, t: number): number => (expiration === 0 ? Math.max(1e-5, (75_600 - ks[t] * 5) / 31_536_000) : 73.6 / 365);
    const gamma = (row: number, t: number): number | null => {
        const { expiration, strike } = lines[row];
        if (expiration === 0 && ks[t] >= 15_120) return null;
        if (expiration === 1 && strike > 7600) return null;
        const F = prices[t] + (expiration === 1 ? 0.25 : 0);
        const s = 0.14 * Math.sqrt(years(expiration, t));
        const d = (Math.log(F / strike) + (s * s) / 2) / s;
        return Math.max(1e-9, Math.exp((-d * d) / 2) / (Math.sqrt(2 * Math.PI) * F * s));
    };
    const peak = (strike: number, at: number, width: number): number => Math.exp(-(((strike - at) / width) ** 2));
    const interest = (row: number, right: number): number => {
        const { strike } = lines[row];
        const round = strike % 50 === 0 ? 4 : strike % 25 === 0 ? 2 : 1;
        const side = right === 0 ? peak(strike, 6975, 90) : peak(strike, 6860, 110);
        return Math.round(4200 * round * side * (1 + 0.6 * noise(row * 2 + right)) + 30);
    };
    const flow = (row: number, t: number, right: number): number => {
        const { strike } = lines[row];
        const grown = t / windows;
        return Math.round(900 * noise(row * 7 + right) * grown * peak(strike, prices[t], 70) + 40 * noise(row + (t >> 6) * 31));
    };
    const levels = ["field", "flow", "magic8"].flatMap((convention) => ["selected", "0dte"].map((scope) => ({ convention, scope })));
    const linear = (name: string, axis: Wanted["spec"]["axis"], step: number, rows: number, values: Wanted["values"], every = 1): Wanted => ({
        spec: { name, axis, kind: "linear", step, every },
        rows,
        values,
    });
    const L = lines.length;
    const flip = (row: number, t: number): number => 6948 + 14 * Math.sin(t / 2600) + 4 * row + 0.8 * noise(t + row);
    const prices10 = Array.from({ length: 101 }, (_, i) => 6400 + 10 * i);
    const core: Wanted[] = [
        linear("k", "day", 1, 1, (_, t) => ks[t]),
        linear("reference_price", "day", 0.01, 1, (_, t) => prices[t]),
        linear("u17_up_total_log", "day", 0.01, 1, (_, t) => (hasFutures ? 2 * noise(t) + 1.2 * noise(t >> 7) : null)),
        linear("forward", "expirations", 0.005, 2, (row, t) => (row === 0 && ks[t] >= 15_120 ? null : prices[t] + (row === 1 ? 0.25 : 0))),
        { spec: { name: "gamma", axis: "lines", kind: "log", step: 0.0015, base: 1e-9, every: 1 }, rows: L, values: gamma },
        {
            spec: { name: "gamma_se_share", axis: "lines", kind: "log", step: 0.05, base: 1e-5, every: 12 },
            rows: L,
            values: (row, t) => 0.01 + Math.min(2, (Math.abs(lines[row].strike - prices[t]) / 110) ** 4 / 3),
        },
        {
            spec: { name: "quote_age_s", axis: "lines", kind: "log", step: 0.1, base: 0.01, every: 12 },
            rows: L,
            values: (row, t) => 0.4 + Math.abs(lines[row].strike - prices[t]) / 3,
        },
        linear("net_gex", "levels", 2e5, levels.length, (row, t) => (prices[t] - flip(row, t)) * 3e7),
        linear("net_gex_se", "levels", 2e5, levels.length, () => 6e7),
        linear("call_wall", "levels", 0.01, levels.length, (_, t) => (prices[t] < 6950 ? 6950 : 6975)),
        linear("put_wall", "levels", 0.01, levels.length, (_, t) => (prices[t] > 6900 ? 6900 : 6875)),
        linear("call_wall_kept", "levels", 0.002, levels.length, () => 0.94),
        linear("put_wall_kept", "levels", 0.002, levels.length, () => 0.88),
        linear("zero_gamma", "levels", 0.05, levels.length, flip),
        linear("zero_gamma_low", "levels", 0.05, levels.length, (row, t) => flip(row, t) - 7),
        linear("zero_gamma_high", "levels", 0.05, levels.length, (row, t) => flip(row, t) + 8),
        { spec: { name: "regime", axis: "levels", kind: "code", every: 1 }, rows: levels.length, values: (row, t) => (prices[t] > flip(row, t) + 5 ? 0 : prices[t] < flip(row, t) - 5 ? 1 : 2) },
        { spec: { name: "magnitude", axis: "levels", kind: "code", every: 1 }, rows: levels.length, values: () => 1 },
        linear("confidence", "levels", 0.001, levels.length, () => 0.83),
    ];
    const rights = ["call", "put"] as const;
    const made: Record<string, { columns: Header["columns"]; bytes: Uint8Array }> = {
        core: packed("core", windows, core),
        profile: packed("profile", windows, [
            linear("profile_net", "profile", 1e6, 3 * prices10.length, (row, t) => (prices10[row % prices10.length] - flip(0, t)) * 4e7 * peak(prices10[row % prices10.length], 6930, 260), 12),
        ]),
        "weight-open_interest": packed("weight-open_interest", windows, rights.map((right, i) => linear(`${right}_open_interest`, "lines", 1, L, (row) => interest(row, i)))),
        "weight-flow_inventory": packed("weight-flow_inventory", windows, rights.map((right, i) => linear(`${right}_flow_inventory`, "lines", 1, L, (row, t) => flow(row, t, i)))),
    };
    const common = { version: 2, scale: "usd_per_1pct" as const, unit: "USD per 1 %" };
    const header: Header = {
        format: 2,
        product: "ES",
        date: "2026-01-06",
        title: "ES · 2026-01-06",
        step_s: 5,
        midnight_ns: `${MIDNIGHT}000000000`,
        windows,
        sessions: [{ start_k: 0, end_k: 15_839, session_date: "2026-01-06" }, { start_k: 16_560, end_k: 17_279, session_date: "2026-01-07" }],
        regular_hours: [[10_440, 15_119]],
        expirations: [
            { ts_ns: `${MIDNIGHT + 75_600}000000000`, date: "2026-01-06", label: "daily Jan 6", underlying: "ESH6", multiplier: 50, is_0dte: true, selected: true },
            { ts_ns: `${MIDNIGHT + 73 * 86_400 + 48_600}000000000`, date: "2026-03-20", label: "quarterly Mar 20", underlying: "ESH6", multiplier: 50, is_0dte: false, selected: true },
        ],
        lines,
        conventions: [
            { name: "field", weight: "open_interest", sign_model: "long_call_short_put", ...common },
            { name: "flow", weight: "flow_inventory", sign_model: "flow_signed", ...common },
            { name: "magic8", version: 1, weight: "open_interest", scale: "usd_per_point", unit: "USD per point", sign_model: "short_call_long_put" },
        ],
        levels,
        codes: { regime: ["positive", "negative", "neutral"], magnitude: ["extreme", "high", "moderate", "low"] },
        profile: { prices: prices10 },
        profiles: ["field", "flow", "magic8"].map((convention) => ({ convention, scope: "selected" })),
        notes: hasFutures ? [] : ["No futures were delivered: there is no vacuum."],
        live: live ? { events: live, grows: true } : null,
        columns: Object.values(made).flatMap((one) => one.columns),
    };
    return { header, blobs: Object.fromEntries(Object.entries(made).map(([name, one]) => [name, deflated(one.bytes)])) };
}
