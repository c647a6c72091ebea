/** Runs the sample of Android on a plain JVM. */
fun main() {
    val device = BerthDevice { println(it) }
    device.start()
    var count = 0
    while (true) {
        Thread.sleep(500)
        count += 1
        device.send("hello $count")
    }
}
