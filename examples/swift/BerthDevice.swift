// A device of Berth in Swift (iOS 13, macOS 10.15 and newer): CocoaMQTT 2.4, MQTT 5.0 over TLS (8883) or WebSocket over
// TLS (8084). Add the package github.com/emqx/CocoaMQTT, from 2.4.0, with both of its libraries to your app.
//
// Checked: parsed by the tests, so its syntax is right; names and meaning of the API were compared with the sources of
// CocoaMQTT 2.4.0. Not checked: no Swift compiler has seen it, and it was not run.
import CocoaMQTT
import CocoaMQTTWebSocket
import Foundation
import Security

// ---- settings: change these ----
private let host = "your-deployment.example.com"  // the deployment's own address, never an IP address: it is sent as SNI
private let transport = "tls"  // "tls", or "wss" where only web ports are open
private let tlsPort: UInt16 = 8883
private let wssPort: UInt16 = 8084
private let username = "your-user"
private let password = "your-password"
private let clientID = "sample-swift"  // one of its own for every device
private let ca = """
-----BEGIN CERTIFICATE-----
the text of ca.crt
-----END CERTIFICATE-----
"""
// ---- end of settings ----

private let statusTopic = "devices/\(clientID)/status"
private let messagesTopic = "devices/\(clientID)/messages"

// Reason codes of MQTT 5.0 to Berth's error numbers, where the server says no Reason String.
private let onConnect: [UInt8: Int] = [
    0x81: -9, 0x82: -9, 0x84: -9, 0x85: -9, 0x86: -4, 0x87: -5, 0x88: -6, 0x89: -15, 0x8A: -8, 0x95: -11, 0x97: -7,
    0x9F: -7,
]
private let onOpen: [UInt8: Int] = [
    0x87: -4, 0x89: -15, 0x8B: -15, 0x8D: -13, 0x8E: -12, 0x93: -11, 0x95: -11, 0x98: -14,
]
private let onMessage: [UInt8: Int] = [0x87: -10, 0x97: -11]

/// Keep one for as long as the app runs. Everything in it happens on the main queue, and nothing waits. iOS stops the
/// network of an app in the background: then its will speaks, and `start` connects again when it is in front.
final class BerthDevice: NSObject, CocoaMQTT5Delegate {
    private let client: CocoaMQTT5
    private let log: (String) -> Void
    private var attempt = 0
    private var triedAt = Date()
    private var fault: String?
    private var isStopping = false

    init(log: @escaping (String) -> Void) {
        self.log = log
        if transport == "wss" {
            client = CocoaMQTT5(clientID: clientID, host: host, port: wssPort, socket: CocoaMQTTWebSocket(uri: "/mqtt"))
        } else {
            client = CocoaMQTT5(clientID: clientID, host: host, port: tlsPort)
        }
        super.init()
        client.enableSSL = true
        client.trustedServerCertificates = roots()
        client.usesSystemTrustStore = false  // the CA above and nothing else
        client.username = username
        client.password = password
        client.keepAlive = 30
        client.willMessage = CocoaMQTT5Message(topic: statusTopic, string: "offline", qos: .qos1, retained: true)
        // The session waits for an hour, so that messages reach a device that was away.
        client.cleanSession = false
        let properties = MqttConnectProperties()
        properties.sessionExpiryInterval = 3600
        client.connectProperties = properties
        client.messageQueueSize = 1000  // what waits for a connection
        client.autoReconnect = false  // done below, with a fault number and jitter
        client.delegate = self
    }

    /// Connects, and goes on trying until `stop`.
    func start() {
        isStopping = false
        connect()
    }

    /// Sends it now, or when there is a connection again: false where too many are waiting.
    func send(_ text: String) -> Bool {
        client.publish(messagesTopic, withString: text, qos: .qos1, properties: MqttPublishProperties()) > 0
    }

    /// Says goodbye itself: a DISCONNECT takes the will back.
    func stop() {
        isStopping = true
        guard client.connState == .connected else { return client.disconnect() }
        publishStatus("offline")
        DispatchQueue.main.asyncAfter(deadline: .now() + 1) { self.client.disconnect() }
    }

    private func connect() {
        guard !isStopping, client.connState == .disconnected else { return }
        triedAt = Date()
        fault = nil
        if !client.connect(timeout: 30) { tryLater("error -9: the client refuses its own settings") }
    }

    private func publishStatus(_ text: String) {
        let properties = MqttPublishProperties()
        client.publish(statusTopic, withString: text, qos: .qos1, retained: true, properties: properties)
    }

    /// Connects again after 0.5 to 1 of 1, 2, 4 ... 60 seconds.
    private func tryLater(_ reason: String) {
        if Date().timeIntervalSince(triedAt) > 60 { attempt = 0 }  // only a connection that lasted starts it anew
        let delay = min(60, pow(2, Double(attempt))) * Double.random(in: 0.5...1)
        attempt = min(attempt + 1, 6)
        log("\(reason); next try in \(String(format: "%.1f", delay)) s")
        DispatchQueue.main.asyncAfter(deadline: .now() + delay) { self.connect() }
    }

    func mqtt5(_ mqtt5: CocoaMQTT5, didConnectAck ack: CocoaMQTTCONNACKReasonCode, connAckData: MqttDecodeConnAck?) {
        guard ack == .success else {
            fault = refused(ack.rawValue, connAckData?.reasonString, onConnect)
            return
        }
        log("connected")
        client.subscribe(messagesTopic, qos: .qos1)
        publishStatus("online")
    }

    func mqtt5(_ mqtt5: CocoaMQTT5, didReceiveMessage message: CocoaMQTT5Message, id: UInt16, publishData: MqttDecodePublish?) {
        log("received: \(message.string ?? "\(message.payload.count) bytes")")
    }

    func mqtt5(_ mqtt5: CocoaMQTT5, didPublishAck id: UInt16, pubAckData: MqttDecodePubAck?) {
        guard let code = pubAckData?.reasonCode?.rawValue, code >= 0x80 else { return }
        log(refused(code, pubAckData?.reasonString, onMessage))
    }

    func mqtt5(_ mqtt5: CocoaMQTT5, didSubscribeTopics success: NSDictionary, failed: [String], subAckData: MqttDecodeSubAck?) {
        guard let code = subAckData?.reasonCodes.first(where: { $0.rawValue >= 0x80 })?.rawValue else { return }
        log(refused(code, subAckData?.reasonString, onMessage))
    }

    func mqtt5(_ mqtt5: CocoaMQTT5, didReceiveDisconnectReasonCode reasonCode: CocoaMQTTDISCONNECTReasonCode) {
        fault = refused(reasonCode.rawValue, nil, onOpen)
    }

    func mqtt5DidDisconnect(_ mqtt5: CocoaMQTT5, withError err: Error?) {
        if isStopping { return log("stopped") }
        tryLater(fault ?? explain(err))
    }

    func mqtt5(_ mqtt5: CocoaMQTT5, didPublishMessage message: CocoaMQTT5Message, id: UInt16) {}
    func mqtt5(_ mqtt5: CocoaMQTT5, didPublishRec id: UInt16, pubRecData: MqttDecodePubRec?) {}
    func mqtt5(_ mqtt5: CocoaMQTT5, didUnsubscribeTopics topics: [String], unsubAckData: MqttDecodeUnsubAck?) {}
    func mqtt5(_ mqtt5: CocoaMQTT5, didReceiveAuthReasonCode reasonCode: CocoaMQTTAUTHReasonCode) {}
    func mqtt5DidPing(_ mqtt5: CocoaMQTT5) {}
    func mqtt5DidReceivePong(_ mqtt5: CocoaMQTT5) {}
}

/// A sentence for a reason code; Berth's Reason String begins with the number already.
private func refused(_ code: UInt8, _ said: String?, _ numbers: [UInt8: Int]) -> String {
    if let said, said.hasPrefix("error -") { return said }
    return "error \(numbers[code] ?? -9): refused with 0x\(String(code, radix: 16))"
}

/// A sentence for what went wrong outside of MQTT: TCP tells the first domains, WebSocket the last one.
private func explain(_ error: Error?) -> String {
    guard let error = error as NSError? else { return "error -13: the connection was lost" }
    let text = "\(error.localizedDescription) (\(error.domain) \(error.code))"
    switch (error.domain, error.code) {
    case ("kCFStreamErrorDomainNetDB", _), (NSURLErrorDomain, -1003), (NSURLErrorDomain, -1006):
        return "error -1: the address \(host) does not resolve: \(text)"
    case ("kCFStreamErrorDomainSSL", -9800), ("kCFStreamErrorDomainSSL", -9836):
        return "error -2: this port does not speak TLS: \(text)"
    case ("kCFStreamErrorDomainSSL", _), (NSURLErrorDomain, -1206 ... -1200):
        return "error -3: TLS failed (CA, clock, address): \(text)"
    case (NSPOSIXErrorDomain, Int(ECONNREFUSED)), (NSURLErrorDomain, -1004), (NSURLErrorDomain, -1011):
        return "error -2: wrong port or path, or the service is down: \(text)"
    case (NSPOSIXErrorDomain, Int(ECONNRESET)), ("GCDAsyncSocketErrorDomain", 7), (NSURLErrorDomain, -1005):
        return "error -13: the connection was lost: \(text)"
    default:
        return "error -1: \(host) is not reached: \(text)"
    }
}

/// The certificates of the text above: there may be two roots while one replaces the other.
private func roots() -> [SecCertificate] {
    let end = "-----END CERTIFICATE-----"
    let found = ca.components(separatedBy: end).compactMap { part -> SecCertificate? in
        part.contains("-----BEGIN CERTIFICATE-----") ? CocoaMQTTSocket.serverCertificate(from: Data((part + end).utf8)) : nil
    }
    precondition(!found.isEmpty, "error -3: the CA above cannot be used")
    return found
}
