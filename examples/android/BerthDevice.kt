import com.hivemq.client.mqtt.MqttClient
import com.hivemq.client.mqtt.MqttClientSslConfig
import com.hivemq.client.mqtt.MqttGlobalPublishFilter
import com.hivemq.client.mqtt.MqttWebSocketConfig
import com.hivemq.client.mqtt.datatypes.MqttQos
import com.hivemq.client.mqtt.exceptions.ConnectionFailedException
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult
import java.net.ConnectException
import java.net.UnknownHostException
import java.security.KeyStore
import java.security.cert.CertificateException
import java.security.cert.CertificateFactory
import java.util.Optional
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import javax.net.ssl.SSLException
import javax.net.ssl.TrustManagerFactory
import kotlin.math.min
import kotlin.random.Random

// ---- settings: change these ----
private const val HOST = "your-deployment.example.com" // the deployment's own address, with a dot in it: the SNI
private const val TRANSPORT = "tls" // "tls", or "wss" where only web ports are open
private const val TLS_PORT = 8883
private const val WSS_PORT = 8084
private const val USERNAME = "your-user"
private const val PASSWORD = "your-password"
private const val CLIENT_ID = "sample-android" // one of its own for every device
private const val CA = """
-----BEGIN CERTIFICATE-----
the text of ca.crt
-----END CERTIFICATE-----
"""
// ---- end of settings ----

private const val STATUS = "devices/$CLIENT_ID/status"
private const val MESSAGES = "devices/$CLIENT_ID/messages"

// Reason codes of MQTT 5.0 to Berth's error numbers, where the server says no Reason String.
private val onConnect = mapOf(
    0x81 to -9, 0x82 to -9, 0x84 to -9, 0x85 to -9, 0x86 to -4, 0x87 to -5, 0x88 to -6, 0x89 to -15, 0x8a to -8,
    0x95 to -11, 0x97 to -7, 0x9f to -7,
)
private val onOpen = mapOf(
    0x87 to -4, 0x89 to -15, 0x8b to -15, 0x8d to -13, 0x8e to -12, 0x93 to -11, 0x95 to -11, 0x98 to -14,
)
private val onMessage = mapOf(0x87 to -10, 0x97 to -11)

private const val WAITING_MAX = 1000

/**
 * A device of Berth on Android (API 24 and newer): HiveMQ client, MQTT 5.0. Nothing in this file needs Android, so that it
 * is tested on a plain JVM; it was not run on Android. Keep one in a foreground service: Android stops the network of an
 * app in the background. Nothing here waits, so the main thread may call it; [log] is called from the library's threads.
 */
class BerthDevice(private val log: (String) -> Unit) {
    private val client: Mqtt5AsyncClient
    private val waiting = AtomicInteger() // messages without an acknowledgement
    private var attempt = 0 // both on the library's thread only
    private var triedAt = System.nanoTime()

    init {
        val isWebSocket = TRANSPORT == "wss"
        val tls = MqttClientSslConfig.builder().trustManagerFactory(trust()).handshakeTimeout(30, TimeUnit.SECONDS).build()
        var builder = MqttClient.builder().useMqttVersion5().identifier(CLIENT_ID)
            .serverHost(HOST).serverPort(if (isWebSocket) WSS_PORT else TLS_PORT).sslConfig(tls)
            // Here and not with connect: what is given there is forgotten after the first connection.
            .simpleAuth().username(USERNAME).password(PASSWORD.toByteArray()).applySimpleAuth()
            .willPublish().topic(STATUS).payload("offline".toByteArray()).qos(MqttQos.AT_LEAST_ONCE).retain(true)
            .applyWillPublish()
            .addConnectedListener {
                log("connected")
                publish(STATUS, "online", true)
            }
            .addDisconnectedListener(::tryAgain)
        if (isWebSocket) {
            val path = MqttWebSocketConfig.builder().serverPath("mqtt").subprotocol("mqtt").build()
            builder = builder.webSocketConfig(path)
        }
        client = builder.buildAsync()
        client.publishes(MqttGlobalPublishFilter.ALL) { log("received: ${String(it.payloadAsBytes)}") }
    }

    /** Connects, and goes on trying until [stop]. Messages reach a device that was away for less than an hour. */
    fun start() {
        client.connectWith().cleanStart(false).sessionExpiryInterval(3600).keepAlive(30).send().thenRun {
            // The library subscribes again by itself where the server has lost the session.
            client.subscribeWith().topicFilter(MESSAGES).qos(MqttQos.AT_LEAST_ONCE).send()
                .whenComplete { _, error -> if (error != null) log(explain(error)) }
        }
    }

    /** Sends it now or when there is a connection again; false before [start] and where too many are waiting. */
    fun send(text: String): Boolean {
        if (!client.state.isConnectedOrReconnect || waiting.get() >= WAITING_MAX) return false
        publish(MESSAGES, text, false)
        return true
    }

    /** Says goodbye itself: a DISCONNECT takes the will back. */
    fun stop(): CompletableFuture<Void> {
        if (!client.state.isConnected) return client.disconnect()
        return publish(STATUS, "offline", true).handle { _, _ -> null }.thenCompose { client.disconnect() }
    }

    /** Says what went wrong, and connects again after 0.5 to 1 of 1, 2, 4 ... 60 seconds. */
    private fun tryAgain(context: MqttClientDisconnectedContext) {
        if (context.source == MqttDisconnectSource.USER) return // stop() has ended it
        // Only a connection that lasted starts the back-off anew.
        if (System.nanoTime() - triedAt > TimeUnit.SECONDS.toNanos(60)) attempt = 0
        val full = min(60_000L, 1000L shl min(attempt++, 6))
        val delay = Random.nextLong(full / 2, full)
        triedAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay)
        log("${explain(context.cause)}; next try in $delay ms")
        context.reconnector.reconnect(true).republishIfSessionExpired(true).delay(delay, TimeUnit.MILLISECONDS)
    }

    private fun publish(topic: String, text: String, retain: Boolean): CompletableFuture<Mqtt5PublishResult> {
        waiting.incrementAndGet()
        return client.publishWith().topic(topic).payload(text.toByteArray()).qos(MqttQos.AT_LEAST_ONCE).retain(retain)
            .send().whenComplete { result, error ->
                waiting.decrementAndGet()
                (error ?: result.error.orElse(null))?.let { log(explain(it)) }
            }
    }
}

/** A sentence for an error: a Reason String of Berth begins with the number already. */
private fun explain(error: Throwable): String {
    for (cause in generateSequence(error) { it.cause }) {
        return when (cause) {
            is Mqtt5ConnAckException -> cause.mqttMessage.let { refused(it.reasonCode.code, it.reasonString, onConnect) }
            is Mqtt5DisconnectException -> cause.mqttMessage.let { refused(it.reasonCode.code, it.reasonString, onOpen) }
            is Mqtt5PubAckException -> cause.mqttMessage.let { refused(it.reasonCode.code, it.reasonString, onMessage) }
            is Mqtt5SubAckException -> cause.mqttMessage.let { refused(it.reasonCodes[0].code, it.reasonString, onMessage) }
            is UnknownHostException -> "error -1: the address $HOST does not resolve"
            is SSLException -> when {
                cause.message.orEmpty().contains("not an SSL/TLS record") -> "error -2: this port does not speak TLS"
                cause.cause != null -> continue
                else -> "error -3: TLS was cut or failed: ${cause.message}"
            }
            is ConnectException -> if (cause.javaClass.simpleName == "ConnectTimeoutException") break else "error -2: wrong port, or the service is down: ${cause.message}"
            is CertificateException ->
                "error -3: the certificate is not trusted (CA, clock, address): " +
                    generateSequence<Throwable>(cause) { it.cause }.map { it.message }.distinct().joinToString(": ")
            else -> if (cause.javaClass.simpleName.contains("WebSocket")) {
                "error -2: wrong WebSocket port or path: ${cause.message}"
            } else {
                continue
            }
        }
    }
    if (error is ConnectionFailedException) return "error -1: $HOST is not reached: ${error.message}"
    return "error -13: the connection was lost: ${error.message}"
}

private fun refused(code: Int, said: Optional<*>, numbers: Map<Int, Int>): String {
    val text = said.map { it.toString() }.orElse("")
    return if (text.startsWith("error -")) text else "error ${numbers[code] ?: -9}: refused with 0x${code.toString(16)}"
}

/** Trusts the CA above and nothing else: it may hold two roots while one replaces the other. */
private fun trust(): TrustManagerFactory {
    val store = KeyStore.getInstance(KeyStore.getDefaultType()).apply { load(null, null) }
    CertificateFactory.getInstance("X.509").generateCertificates(CA.trim().byteInputStream())
        .forEachIndexed { index, root -> store.setCertificateEntry("root-$index", root) }
    return TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).apply { init(store) }
}
