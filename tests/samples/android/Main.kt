import java.util.concurrent.TimeUnit

/** Runs the sample of Android on a plain JVM, as an app's service does. */
fun main() {
    val device = BerthDevice { println(it) }
    device.start()
    Runtime.getRuntime().addShutdownHook(
        Thread {
            device.stop().get(10, TimeUnit.SECONDS)
            println("stopped")
        },
    )
    var count = 1
    while (true) {
        if (device.send("hello $count")) count += 1
        Thread.sleep(500)
    }
}
