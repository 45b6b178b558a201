/** Base64 of a blob to bytes: inflated, and its blocks of zeros put back. */

interface FromBase64 {
    fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
    const native = (Uint8Array as FromBase64).fromBase64;
    if (native) return native.call(Uint8Array, base64);
    // Browsers without Uint8Array.fromBase64 have atob.
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
    return bytes;
}

/** Bytes of a blob, and where they are not zero. */
export interface Bytes {
    bytes: Uint8Array;
    /** 1 for each block that may hold anything but zeros, the first from byte 0 on. */
    held: Uint8Array;
}

export const BLOCK = 32;

export async function inflate(compressed: Uint8Array<ArrayBuffer>): Promise<Bytes> {
    const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return expanded(new Uint8Array(await new Response(stream).arrayBuffer()));
}

/**
 * Bytes of squeezed parts, one after the other. A part has its size (4 bytes, the least first), a bit for each of its blocks, and the
 * blocks whose bit is set; the others are zeros.
 */
export function expanded(parts: Uint8Array): Bytes {
    const found = partsOf(parts);
    const size = found.reduce((sum, one) => sum + one.size, 0);
    // Memory is zero when it is given: what is left out costs nothing.
    const bytes = new Uint8Array(size);
    const held = new Uint8Array(Math.ceil(size / BLOCK));
    let start = 0;
    for (const part of found) {
        let from = part.blocks;
        for (let block = 0; block * BLOCK < part.size; block++) {
            if (((parts[part.bits + (block >> 3)] >> (block & 7)) & 1) === 0) continue;
            const at = start + block * BLOCK;
            const end = Math.min(at + BLOCK, start + part.size);
            bytes.set(parts.subarray(from, from + end - at), at);
            // Parts begin anywhere within a block of the whole.
            held[Math.floor(at / BLOCK)] = held[Math.floor((end - 1) / BLOCK)] = 1;
            from += BLOCK;
        }
        start += part.size;
    }
    return { bytes, held };
}

/** Where the bits and the blocks of each part begin. */
function partsOf(parts: Uint8Array): { size: number; bits: number; blocks: number }[] {
    const found = [];
    const view = new DataView(parts.buffer, parts.byteOffset, parts.byteLength);
    for (let at = 0; at < parts.length; ) {
        const isWhole = at + 4 <= parts.length;
        const size = isWhole ? view.getUint32(at, true) : 0;
        const bits = at + 4;
        const blocks = bits + Math.ceil(Math.ceil(size / BLOCK) / 8);
        let count = 0;
        for (let i = bits; i < Math.min(blocks, parts.length); i++) for (let rest = parts[i]; rest; rest &= rest - 1) count++;
        at = blocks + count * BLOCK;
        if (!isWhole || at > parts.length) throw new Error("Expected whole blocks, was less: make the page again");
        found.push({ size, bits, blocks });
    }
    return found;
}
