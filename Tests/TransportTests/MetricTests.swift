import Testing
import Transport

@Suite struct MetricTests {
    @Test("Metrics are written as Prometheus reads them")
    func page() {
        let page = Metric.page([
            Metric("jointlab_batches_total", .counter, help: "Batches made durable.", 12),
            Metric(
                "jointlab_ledger_entries", .gauge, help: "Entries by stage.",
                [
                    .init(UInt64(7), labels: ["stage": "sequenced"]),
                    .init(5, labels: ["stage": "final", "lab": "sample"]),
                ]),
            Metric(
                "jointlab_write_seconds_total", .counter, help: "Waiting.",
                [.init(seconds: 0.25), .init(seconds: 3)]),
            Metric("jointlab_none", .gauge, help: "Nothing yet.", []),
        ])
        #expect(
            page == """
                # HELP jointlab_batches_total Batches made durable.
                # TYPE jointlab_batches_total counter
                jointlab_batches_total 12
                # HELP jointlab_ledger_entries Entries by stage.
                # TYPE jointlab_ledger_entries gauge
                jointlab_ledger_entries{stage="sequenced"} 7
                jointlab_ledger_entries{stage="final",lab="sample"} 5
                # HELP jointlab_write_seconds_total Waiting.
                # TYPE jointlab_write_seconds_total counter
                jointlab_write_seconds_total 0.25
                jointlab_write_seconds_total 3
                # HELP jointlab_none Nothing yet.
                # TYPE jointlab_none gauge

                """)
    }

    @Test(
        "A label's value stays one value, whatever is in it",
        arguments: [
            ("a\"b", #"a\"b"#), ("a\\b", #"a\\b"#), ("a\nb", #"a\nb"#),
            ("a\r\nb", "a\r\\nb"), ("\\n", #"\\n"#), ("“é”\u{301}", "“é”\u{301}"),
            ("\"\u{301}", "\\\"\u{301}"),
        ])
    func labels(value: String, written: String) {
        let page = Metric.page([
            Metric("m", .gauge, help: "M.", [.init(1, labels: ["label": value])])
        ])
        #expect(
            page.utf8.elementsEqual("# HELP m M.\n# TYPE m gauge\nm{label=\"\(written)\"} 1\n".utf8)
        )
    }
}
