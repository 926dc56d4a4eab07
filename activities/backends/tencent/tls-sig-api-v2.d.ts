/** The package brings no types. */
declare module 'tls-sig-api-v2' {
  export class Api {
    constructor(sdkAppId: number, secretKey: string);
    /** @param expire seconds from now */
    genUserSig(userId: string, expire: number): string;
  }
}
