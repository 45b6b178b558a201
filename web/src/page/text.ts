/** Numbers and moments as people read them. */

const MINUS = "−";
const HOUR_S = 3600;

const SUFFIXES: [number, string][] = [
    [1e12, " tn"],
    [1e9, " bn"],
    [1e6, " m"],
    [1e3, " k"],
];

/** Three or four significant digits with a suffix; `signed` writes a plus too. */
export function amount(value: number, signed = true): string {
    if (Number.isNaN(value)) return "–";
    const size = Math.abs(value);
    const sign = value < 0 ? MINUS : signed && value > 0 ? "+" : "";
    for (const [unit, suffix] of SUFFIXES) {
        if (size >= unit) return sign + digits(size / unit) + suffix;
    }
    return sign + (size === 0 ? "0" : size >= 100 ? size.toFixed(0) : size >= 1 ? size.toFixed(1) : size.toPrecision(2));
}

function digits(size: number): string {
    return size >= 100 ? size.toFixed(0) : size >= 10 ? size.toFixed(1) : size.toFixed(2);
}

/** A price with as many decimals as it needs, two at most. */
export function price(value: number): string {
    if (Number.isNaN(value)) return "–";
    return String(Math.round(value * 100) / 100);
}

export function fixed(value: number, decimals: number): string {
    return Number.isNaN(value) ? "–" : value.toFixed(decimals);
}

export function percent(share: number): string {
    return Number.isNaN(share) ? "–" : `${Math.round(share * 100)} %`;
}

export function age(seconds: number): string {
    if (Number.isNaN(seconds)) return "no quote";
    if (seconds < 1) return `${(seconds * 1000).toFixed(0)} ms`;
    if (seconds < 90) return `${seconds.toFixed(0)} s`;
    return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

/** A stretch of time in its two largest units. */
export function duration(seconds: number): string {
    const [h, m, s] = [Math.floor(seconds / HOUR_S), Math.floor(seconds / 60) % 60, Math.round(seconds % 60)];
    if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
    return m > 0 ? (s > 0 ? `${m} min ${s} s` : `${m} min`) : `${s} s`;
}

/** Contracts: whole where they are. */
export function contracts(value: number): string {
    if (Number.isNaN(value)) return "–";
    const text = Math.abs(value).toLocaleString("en-US", { maximumFractionDigits: 1 });
    return value < 0 ? MINUS + text : text;
}

/** HH:MM:SS in UTC. */
export function clock(seconds: number, withSeconds = true): string {
    return new Date(seconds * 1000).toISOString().slice(11, withSeconds ? 19 : 16);
}

/** The hour that was asked for last, and New York's clock less UTC in it: formats take longer than all other text of a frame. [s] */
let inNewYork = { hour: NaN, offset: 0 };

const NEW_YORK = new Intl.DateTimeFormat("en-GB", { timeZone: "America/New_York", hour: "2-digit", minute: "2-digit" });

export function newYork(seconds: number): string {
    const hour = Math.floor(seconds / HOUR_S);
    if (hour !== inNewYork.hour) {
        const [h, m] = NEW_YORK.format(new Date(hour * HOUR_S * 1000)).split(":").map(Number);
        inNewYork = { hour, offset: h * HOUR_S + m * 60 - (hour % 24) * HOUR_S };
    }
    return clock(seconds + inNewYork.offset);
}

/** A name of the tables as words. */
export function words(name: string): string {
    return name.replaceAll("_", " ").replace("oi plus", "open interest +");
}
