import { createHash, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { apiError } from '../errors.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine can reach a server bound to `host`. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const version = isIP(host);
  return version !== 0 && loopback.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

/** `[::1]:80` → `::1`; `Localhost:80` → `localhost`. */
export function hostName(header: string): string {
  const bracket = /^\[([^\]]*)\](:\d+)?$/.exec(header)?.[1];
  return (bracket ?? header.replace(/:\d+$/, '')).toLowerCase();
}

export interface AccessRules {
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly accessToken: string | undefined;
}

export interface AccessHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly token?: string | undefined;
}

/**
 * Who may talk to the server at all, before a byte of the body is read. A page that rebound its own DNS name to us sends that
 * name as Host; a page of another site sends its Origin. (CVE-2024-28224 is what happens without.)
 *
 * @param open no token needed (health probes)
 * @returns the origin to allow in CORS headers, if the call comes from a page
 * @throws HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED, ACCESS_TOKEN_INVALID
 */
export function accessGate(rules: AccessRules): (headers: AccessHeaders, open: boolean) => string | undefined {
  const hosts = new Set(rules.allowedHosts.map((host) => host.toLowerCase().replace(/^\[(.*)\]$/, '$1')));
  const origins = new Set(rules.allowedOrigins.map((origin) => new URL(origin).origin));
  const token = rules.accessToken === undefined ? undefined : digest(rules.accessToken);
  return ({ host = '', origin, token: given }, open) => {
    if (!hosts.has(hostName(host))) throw apiError('HOST_NOT_ALLOWED', `the Host ${JSON.stringify(host.slice(0, 128))} is not allowed`);
    if (origin !== undefined && !origins.has(origin) && origin !== `http://${host}`) {
      throw apiError('ORIGIN_NOT_ALLOWED', `pages of ${JSON.stringify(origin.slice(0, 128))} may not call this API`);
    }
    if (token && !open && !(given !== undefined && timingSafeEqual(token, digest(given)))) {
      throw apiError('ACCESS_TOKEN_INVALID', 'the X-Cortensor-Token header is missing or wrong');
    }
    return origin;
  };
}

/** Equal lengths for the constant-time comparison. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
