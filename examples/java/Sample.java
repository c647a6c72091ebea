import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttClientSslConfig;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.MqttWebSocketConfig;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.exceptions.ConnectionFailedException;
import com.hivemq.client.mqtt.lifecycle.MqttClientDisconnectedContext;
import com.hivemq.client.mqtt.lifecycle.MqttDisconnectSource;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;

/**
 * A device of Berth in Java 17: HiveMQ client, MQTT 5.0 over TLS (8883) or WebSocket over TLS (8084). The HiveMQ client
 * gives the server's Reason String and leaves the back-off to us; Paho's 5.0 client for Java is hardly kept up.
 *
 * <p>mvn dependency:copy-dependencies -DoutputDirectory=jars; java -cp 'jars/*' Sample.java
 */
public final class Sample {
    // ---- settings: change these ----
    static final String HOST = "your-deployment.example.com"; // the deployment's own address, with a dot in it: the SNI
    static final String TRANSPORT = "tls"; // "tls", or "wss" where only web ports are open
    static final int TLS_PORT = 8883;
    static final int WSS_PORT = 8084;
    static final String USERNAME = "your-user";
    static final String PASSWORD = "your-password";
    static final String CA_FILE = "ca.crt";
    static final String CLIENT_ID = "sample-java"; // one of its own for every device
    // ---- end of settings ----

    static final String STATUS = "devices/" + CLIENT_ID + "/status";
    static final String MESSAGES = "devices/" + CLIENT_ID + "/messages";

    /** Reason codes of MQTT 5.0 to Berth's error numbers, where the server says no Reason String. */
    static final Map<Integer, Integer> ON_CONNECT = Map.ofEntries(
            Map.entry(0x81, -9), Map.entry(0x82, -9), Map.entry(0x84, -9), Map.entry(0x85, -9), Map.entry(0x86, -4),
            Map.entry(0x87, -5), Map.entry(0x88, -6), Map.entry(0x89, -15), Map.entry(0x8a, -8), Map.entry(0x95, -11),
            Map.entry(0x97, -7), Map.entry(0x9f, -7));
    static final Map<Integer, Integer> ON_OPEN =
            Map.of(0x87, -4, 0x89, -15, 0x8b, -15, 0x8d, -13, 0x8e, -12, 0x93, -11, 0x95, -11, 0x98, -14);
    static final Map<Integer, Integer> ON_MESSAGE = Map.of(0x87, -10, 0x97, -11);

    static final int WAITING_MAX = 1000;
    static final AtomicInteger waiting = new AtomicInteger(); // messages without an acknowledgement
    static volatile Mqtt5AsyncClient client;
    static int attempt = 0; // both on the library's thread only
    static long triedAt = System.nanoTime();

    public static void main(String[] args) throws Exception {
        client = makeClient();
        client.publishes(MqttGlobalPublishFilter.ALL, publish -> System.out.println(
                "received: " + new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8)));
        client.connectWith()
                .cleanStart(false)
                .sessionExpiryInterval(3600) // so that messages reach a device that was away
                .keepAlive(30)
                .send()
                // The library subscribes again by itself where the server has lost the session.
                .thenRun(() -> client.subscribeWith().topicFilter(MESSAGES).qos(MqttQos.AT_LEAST_ONCE).send()
                        .whenComplete(Sample::report));
        Runtime.getRuntime().addShutdownHook(new Thread(Sample::stop));
        // What the device has to say, connected or not: the library keeps it until it is acknowledged.
        for (int count = 1; ; count++) {
            while (!client.getState().isConnectedOrReconnect()) TimeUnit.MILLISECONDS.sleep(100); // the very first try
            if (waiting.get() < WAITING_MAX) publish(MESSAGES, "hello " + count, false);
            else System.out.printf("hello %d is dropped: %d messages are waiting%n", count, WAITING_MAX);
            TimeUnit.SECONDS.sleep(2);
        }
    }

    static Mqtt5AsyncClient makeClient() {
        boolean webSocket = TRANSPORT.equals("wss");
        var builder = MqttClient.builder()
                .useMqttVersion5()
                .identifier(CLIENT_ID)
                .serverHost(HOST)
                .serverPort(webSocket ? WSS_PORT : TLS_PORT)
                .sslConfig(MqttClientSslConfig.builder()
                        .trustManagerFactory(trust())
                        .handshakeTimeout(30, TimeUnit.SECONDS)
                        .build())
                // Here and not with connect: what is given there is forgotten after the first connection.
                .simpleAuth().username(USERNAME).password(bytes(PASSWORD)).applySimpleAuth()
                .willPublish().topic(STATUS).payload(bytes("offline")).qos(MqttQos.AT_LEAST_ONCE).retain(true)
                .applyWillPublish()
                .addConnectedListener(context -> {
                    System.out.println("connected");
                    publish(STATUS, "online", true);
                })
                .addDisconnectedListener(Sample::tryAgain);
        if (webSocket) {
            builder = builder.webSocketConfig(
                    MqttWebSocketConfig.builder().serverPath("mqtt").subprotocol("mqtt").build());
        }
        return builder.buildAsync();
    }

    /** Says what went wrong, and connects again after 0.5 to 1 of 1, 2, 4 ... 60 seconds. */
    static void tryAgain(MqttClientDisconnectedContext context) {
        if (context.getSource() == MqttDisconnectSource.USER) return; // stop() has ended it
        // Only a connection that lasted starts the back-off anew.
        if (System.nanoTime() - triedAt > TimeUnit.SECONDS.toNanos(60)) attempt = 0;
        long full = Math.min(60_000, 1000L << Math.min(attempt++, 6));
        long delay = ThreadLocalRandom.current().nextLong(full / 2, full);
        triedAt = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay);
        System.out.printf("%s; next try in %.1f s%n", explain(context.getCause()), delay / 1000.0);
        context.getReconnector()
                .reconnect(true)
                .republishIfSessionExpired(true)
                .delay(delay, TimeUnit.MILLISECONDS);
    }

    static void publish(String topic, String text, boolean retain) {
        waiting.incrementAndGet();
        client.publishWith().topic(topic).payload(bytes(text)).qos(MqttQos.AT_LEAST_ONCE).retain(retain).send()
                .whenComplete((result, error) -> {
                    waiting.decrementAndGet();
                    report(result, error != null ? error : result.getError().orElse(null));
                });
    }

    /** Says goodbye itself: a DISCONNECT takes the will back. */
    static void stop() {
        try {
            if (client.getState().isConnected()) {
                client.publishWith().topic(STATUS).payload(bytes("offline")).qos(MqttQos.AT_LEAST_ONCE).retain(true)
                        .send().get(5, TimeUnit.SECONDS);
                client.disconnect().get(5, TimeUnit.SECONDS);
            }
        } catch (Exception error) {
            System.out.println(explain(error));
        }
        System.out.println("stopped");
    }

    /** What became of a message or a subscription. */
    static void report(Object result, Throwable error) {
        if (error != null) System.out.println(explain(error));
    }

    /** A sentence for an error: a Reason String of Berth begins with the number already. */
    static String explain(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof Mqtt5ConnAckException refusal) {
                var packet = refusal.getMqttMessage();
                return refused(packet.getReasonCode().getCode(), packet.getReasonString().orElse(null), ON_CONNECT);
            }
            if (cause instanceof Mqtt5DisconnectException end) {
                var packet = end.getMqttMessage();
                return refused(packet.getReasonCode().getCode(), packet.getReasonString().orElse(null), ON_OPEN);
            }
            if (cause instanceof Mqtt5PubAckException refusal) {
                var packet = refusal.getMqttMessage();
                return refused(packet.getReasonCode().getCode(), packet.getReasonString().orElse(null), ON_MESSAGE);
            }
            if (cause instanceof Mqtt5SubAckException refusal) {
                var packet = refusal.getMqttMessage();
                int code = packet.getReasonCodes().get(0).getCode();
                return refused(code, packet.getReasonString().orElse(null), ON_MESSAGE);
            }
            if (cause instanceof UnknownHostException) return "error -1: the address " + HOST + " does not resolve";
            if (cause.getClass().getSimpleName().equals("ConnectTimeoutException")) break; // one of Netty's, a -1
            if (cause instanceof ConnectException) {
                return "error -2: wrong port, or the service is down: " + cause.getMessage();
            }
            if (cause instanceof CertificateException) {
                Throwable last = cause; // says why: "NotBefore: ..." where the clock is wrong
                while (last.getCause() != null) last = last.getCause();
                String why = last == cause ? "" : ": " + last.getMessage();
                return "error -3: the certificate is not trusted (CA file, clock, address): " + cause.getMessage() + why;
            }
            if (cause instanceof SSLException && cause.getCause() == null) {
                boolean isPlain = String.valueOf(cause.getMessage()).contains("not an SSL/TLS record");
                return isPlain
                        ? "error -2: this port does not speak TLS"
                        : "error -3: TLS was cut or failed: " + cause.getMessage();
            }
            if (cause.getClass().getSimpleName().contains("WebSocket")) {
                return "error -2: wrong WebSocket port or path: " + cause.getMessage();
            }
        }
        return error instanceof ConnectionFailedException
                ? "error -1: " + HOST + " is not reached: " + error.getMessage()
                : "error -13: the connection was lost: " + error.getMessage();
    }

    static String refused(int code, Object said, Map<Integer, Integer> numbers) {
        if (said != null && said.toString().startsWith("error -")) return said.toString();
        return "error %d: refused with 0x%02x".formatted(numbers.getOrDefault(code, -9), code);
    }

    /** Trusts the CA file and nothing else: it may hold two roots while one replaces the other. */
    static TrustManagerFactory trust() {
        try (InputStream in = new FileInputStream(CA_FILE)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (Certificate root : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("root-" + store.size(), root);
            }
            if (store.size() == 0) throw new CertificateException("it holds no certificate");
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            return factory;
        } catch (IOException | GeneralSecurityException error) {
            System.err.printf("error -3: the CA file %s cannot be used: %s%n", CA_FILE, error.getMessage());
            System.exit(1);
            throw new IllegalStateException(error);
        }
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
