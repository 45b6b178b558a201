/** Base64 of a raw-deflate stream to bytes. */

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

export async function inflate(compressed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const stream = new Blob([compressed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
}
