/** The options of `berth up`: flag, environment variable and key of the configuration file, in one table. */

/** One option. The command line, the documentation and `loadConfig` are made from it. */
export interface OptionDefinition {
  /** Key in the configuration file, and what commander calls the flag. */
  readonly key: OptionKey;
  /** null where a flag would show a secret in the process list. */
  readonly flag: string | null;
  /** Stands for the value in help texts. */
  readonly placeholder: string;
  readonly environment: string;
  /** As a person would type it; null is "not set". */
  readonly default: string | null;
  /** May be given more than once on the command line; elsewhere separated by commas (a list in the file). */
  readonly repeatable: boolean;
  /** Its value appears in no message. */
  readonly secret: boolean;
  readonly description: { readonly en: string; readonly zh: string };
}

export type OptionKey =
  | 'data'
  | 'domain'
  | 'san'
  | 'cert'
  | 'key'
  | 'sessionTickets'
  | 'bind'
  | 'httpBind'
  | 'mqttsPort'
  | 'wssPort'
  | 'httpPort'
  | 'durability'
  | 'willGrace'
  | 'log'
  | 'username'
  | 'password'
  | 'usernameFile'
  | 'passwordFile';

function option(
  key: OptionKey,
  placeholder: string,
  value: string | null,
  en: string,
  zh: string,
  extra: { repeatable?: boolean; secret?: boolean } = {},
): OptionDefinition {
  const words = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return {
    key,
    flag: extra.secret ? null : `--${words}`,
    placeholder,
    environment: `BERTH_${words.replaceAll('-', '_').toUpperCase()}`,
    default: value,
    repeatable: extra.repeatable ?? false,
    secret: extra.secret ?? false,
    description: { en, zh },
  };
}

/** All options in the order in which people are shown them. */
export const options: readonly OptionDefinition[] = [
  option('data', 'DIR', './berth-data', 'Where Berth keeps everything.', 'Berth 存放全部数据的目录。'),
  option(
    'domain',
    'NAME',
    'berth.localhost',
    'Deployments have the address <id>.NAME; at least two labels.',
    '部署的地址为 <id>.NAME;至少两级。',
  ),
  option(
    'san',
    'NAME',
    null,
    'A further DNS name or IP address for the server certificate.',
    '服务器证书中额外的 DNS 名称或 IP 地址。',
    { repeatable: true },
  ),
  option(
    'cert',
    'FILE',
    null,
    'A server certificate of your own: PEM, with its intermediates behind it; watched for change.',
    '自备的服务器证书:PEM 格式,其后附中间证书;文件变化时自动重新加载。',
  ),
  option('key', 'FILE', null, 'The private key of that certificate, PEM.', '该证书的私钥,PEM 格式。'),
  option(
    'sessionTickets',
    'on|off',
    'off',
    'Give clients TLS session tickets; of use only where they come back with them.',
    '向客户端发放 TLS 会话票据;仅当客户端重新连接时会使用票据才有用。',
  ),
  option(
    'bind',
    'ADDRESS',
    'all',
    'IP address of the MQTT listeners; "all" is every address, IPv6 too.',
    'MQTT 监听器的 IP 地址;"all" 表示所有地址,含 IPv6。',
  ),
  option(
    'httpBind',
    'ADDRESS',
    '127.0.0.1',
    'IP address of the connection guide and the REST API; HTTPS on every one but loopback.',
    '连接指引和 REST API 的 IP 地址;非本机回环地址使用 HTTPS。',
  ),
  option('mqttsPort', 'PORT', '8883', 'MQTT over TLS; 0 takes a free one.', 'MQTT over TLS 端口;0 表示任取空闲端口。'),
  option(
    'wssPort',
    'PORT',
    '8084',
    'MQTT over WebSocket over TLS; 0 takes a free one.',
    'MQTT over WebSocket over TLS 端口;0 表示任取空闲端口。',
  ),
  option(
    'httpPort',
    'PORT',
    '18083',
    'Connection guide and REST API; 0 takes a free one.',
    '连接指引和 REST API 端口;0 表示任取空闲端口。',
  ),
  option(
    'durability',
    'LEVEL',
    'fsync',
    'What an acknowledged message survives: fsync (a power cut), os (a killed process), memory (nothing).',
    '已确认的消息能经受什么:fsync(断电)、os(进程被杀)、memory(不保留)。',
  ),
  option(
    'willGrace',
    'SECONDS',
    '30',
    'How long clients have to come back after a start before their wills are published.',
    '服务启动后,客户端有多长时间重新连接;超过后发布其遗嘱。',
  ),
  option(
    'log',
    'FORMAT',
    'auto',
    'json, text, or auto: text on a terminal, else json.',
    'json、text 或 auto:终端上为 text,否则为 json。',
  ),
  option('username', 'NAME', null, 'User name of the first credential.', '第一个凭证的用户名。'),
  option('usernameFile', 'FILE', null, 'A file that holds that user name.', '存放该用户名的文件。'),
  option('password', 'PASSWORD', null, 'Password of the first credential.', '第一个凭证的密码。', { secret: true }),
  option('passwordFile', 'FILE', null, 'A file that holds that password.', '存放该密码的文件。'),
];
