import type { FaultEntries, FaultEntry } from './entry.ts';

/**
 * All of these say the same on the wire: whoever guesses must not learn that a user name exists.
 * The owner sees which one it was.
 */
const wire = {
  severity: 'warning',
  seenBy: ['device', 'owner', 'operator'],
  connack: { v3: 4, v5: 0x86 },
  disconnect: 0x87,
  reason: 'user name or password not accepted',
} as const satisfies Partial<FaultEntry>;

/** Number -4: user name and password. */
export const credentialsFaults = {
  'credentials.missing': {
    ...wire,
    title: { en: 'No user name or password', zh: '缺少用户名或密码' },
    cause: {
      en: 'The CONNECT had no user name or no password. There is no anonymous access.',
      zh: 'CONNECT 报文中没有用户名或密码。服务不支持匿名访问。',
    },
    remedy: {
      en: 'Set a credential of the deployment in the client: username_pw_set() in paho for Python, the options username and password in MQTT.js, the third and fourth argument of connect() in PubSubClient, -u and -P for mosquitto_pub.',
      zh: '在客户端中设置该部署的认证信息：Python paho 调用 username_pw_set()，MQTT.js 设置 username 和 password 选项，PubSubClient 的 connect() 传入用户名和密码参数，mosquitto_pub 使用 -u 和 -P。',
    },
  },
  'credentials.unknown-user': {
    ...wire,
    title: { en: 'Unknown user name', zh: '用户名不存在' },
    cause: {
      en: 'The deployment has no credential with this user name: a typing error, a space at its end, or a credential of another deployment.',
      zh: '该部署中没有这个用户名的认证信息：可能是拼写错误、末尾多了空格，或者用了其他部署的认证信息。',
    },
    remedy: {
      en: 'Compare with "berth credential list"; user names are case-sensitive. Check that the address is the one of the right deployment. Add the credential if it is missing.',
      zh: '与 berth credential list 核对，用户名区分大小写；确认连接的是正确的部署地址。如果确实没有，请添加该认证信息。',
    },
  },
  'credentials.wrong-password': {
    ...wire,
    title: { en: 'Wrong password', zh: '密码错误' },
    cause: {
      en: 'The user name exists in this deployment, but the password is not the one that was set.',
      zh: '用户名在该部署中存在，但密码与设置的不一致。',
    },
    remedy: {
      en: 'Passwords are stored hashed and cannot be shown: set a new one (berth credential set-password) and put it on the device. Look for quotes, line ends or a shell that changed characters such as $ and !.',
      zh: '密码只保存散列值，无法查看：请重设密码（berth credential set-password）并写入设备。检查密码中是否混入了引号、换行，或被 shell 改写了 $、！ 等字符。',
    },
  },
  'credentials.disabled': {
    ...wire,
    title: { en: 'Credential disabled', zh: '认证信息已禁用' },
    cause: {
      en: 'The credential exists, but somebody disabled it. Open connections with it were closed at that moment.',
      zh: '该认证信息存在，但已被禁用；禁用时使用它的连接会立即断开。',
    },
    remedy: {
      en: 'Enable the credential again, or give the device another one.',
      zh: '请重新启用该认证信息，或为设备更换其他认证信息。',
    },
  },
  'credentials.changed': {
    ...wire,
    title: { en: 'Password changed', zh: '密码已修改' },
    cause: {
      en: 'The password of this user name was changed while the device was connected; its connection was closed at once.',
      zh: '设备在线期间，该用户名的密码被修改，连接随即断开。',
    },
    remedy: {
      en: 'Put the new password on every device that uses this user name. One credential per device keeps such a change small.',
      zh: '请在所有使用该用户名的设备上更新密码。为每台设备使用独立的认证信息可以缩小影响范围。',
    },
  },
  'credentials.deleted': {
    ...wire,
    title: { en: 'Credential deleted', zh: '认证信息已删除' },
    cause: {
      en: 'The credential was deleted while the device was connected; its connection was closed at once.',
      zh: '设备在线期间，该认证信息被删除，连接随即断开。',
    },
    remedy: {
      en: 'Give the device another credential, or add this user name again.',
      zh: '请为设备更换其他认证信息，或重新添加该用户名。',
    },
  },
} as const satisfies FaultEntries;
