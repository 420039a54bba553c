import Encodings
import Testing

@testable import Learning

@Suite struct DatasetInspectionTests {
    /// Forty patients; every kind of column.
    static let patients: String = {
        let header = "id,age,sex,unit,ward,weight,remark,empty,diagnosis"
        let rows = (0..<40).map { row in
            [
                "\(1000 + row * 37 % 40)", "\(40 + row % 23)",
                row % 5 == 0 ? "" : row % 2 == 0 ? "f" : "m",
                "kg", "\(row % 3 + 1)\(row % 2 == 0 ? ".0" : "")", "\(60 + row).5",
                "seen by Dr \(row % 30)", "NaN", row % 4 == 0 ? "M" : "B",
            ].joined(separator: ",")
        }
        return ([header] + rows).joined(separator: "\n") + "\n"
    }()

    @Test("Kinds are inferred from the values")
    func kindsAreInferred() throws {
        let inspection = try inspect(Self.patients, label: "diagnosis", positive: "M")
        #expect(inspection.rowCount == 40)
        #expect(
            inspection.schema.columns.map(\.kind) == [
                .identifier, .numeric, .categorical(["f", "m"]), .constant(.text), .numeric,
                .numeric,
                .text, .constant(.nothing), .label,
            ])
        #expect(
            inspection.schema.label
                == LabelRule(
                    column: "diagnosis", classes: .listed(positive: ["M"], negative: ["B"])))
    }

    @Test("The owner may choose another kind, and categories are spelt one way")
    func kindsAreChosen() throws {
        let schema = try inspect(
            Self.patients, label: "diagnosis", positive: "M",
            kinds: [("ward", .categorical), ("id", .numeric), ("4", .text), ("age", .identifier)]
        ).schema
        #expect(schema["ward"]?.kind == .categorical(["1", "2", "3"]))
        #expect(schema["id"]?.kind == .numeric)
        #expect(schema["unit"]?.kind == .text)
        #expect(schema["age"]?.kind == .identifier)
    }

    @Test("A kind that the values do not have is refused, with the first value that is in the way")
    func impossibleChoice() {
        expect(
            .notANumber,
            "test.csv, line 3, column 3 (sex): m is not a number; correct it, or let the column be"
        ) { _ = try inspect(Self.patients, kinds: [("sex", .numeric)]) }
        expect(
            .categoriesTooMany,
            "test.csv, column 6 (weight): the column has more than 20 categories"
        ) {
            _ = try inspect(Self.patients, kinds: [("weight", .categorical)], categoriesMax: 20)
        }
        expect(.columnUnknown, "test.csv: there is no column wieght; name one of id, age, sex") {
            _ = try inspect(Self.patients, kinds: [("wieght", .text)])
        }
        expect(.labelUndecided, "the label cannot be a feature too") {
            _ = try inspect(Self.patients, label: "diagnosis", kinds: [("9", .text)])
        }
    }

    @Test("Few rows make no identifier out of integers, and no categories out of names")
    func fewRows() throws {
        let schema = try inspect("age,name\n41,Ann\n63,Bob\n37,Cid\n").schema
        #expect(schema.columns.map(\.kind) == [.numeric, .identifier])
        #expect(try inspect("x,name\n1,Ann\n1,Ann\n1,Bob\n").schema["name"]?.kind == .text)
        #expect(
            try inspect("x,name\n1,Ann\n1,Ann\n1,Bob\n2,Bob\n").schema["name"]?.kind
                == .categorical(["Ann", "Bob"]))
    }

    @Test("Numbers that differ are no constant, however they are spelt, and equal ones are")
    func constants() throws {
        let schema = try inspect("a,b,c\n1,1,x\n1.0,2,x\n1e0,1,x\n").schema
        #expect(schema.columns.map(\.kind) == [.constant(.number), .numeric, .constant(.text)])
    }

    @Test("More than 64 texts are no categories")
    func manyTexts() throws {
        let rows = (0..<130).map { "1,t\($0 % 65)\n" }.joined()
        #expect(try inspect("x,y\n" + rows).schema["y"]?.kind == .text)
        let fewer = (0..<130).map { "1,t\($0 % 64)\n" }.joined()
        guard case .categorical(let categories)? = try inspect("x,y\n" + fewer).schema["y"]?.kind
        else {
            Issue.record("64 texts should be categories")
            return
        }
        #expect(categories.count == 64)
        #expect(categories.prefix(3) == ["t0", "t1", "t10"])
    }

    @Test("Categories are told apart by their bytes and sorted by them")
    func categoriesAreBytes() throws {
        let rows = ["\u{E9}", "e\u{301}", "Z", "z", "\u{1F600}", "\u{FF5E}"]
        let text = "x,y\n" + (rows + rows).map { "1,\($0)\n" }.joined()
        guard case .categorical(let categories)? = try inspect(text).schema["y"]?.kind else {
            Issue.record("these are categories")
            return
        }
        #expect(
            categories.map { Array($0.utf8) }
                == ["Z", "e\u{301}", "z", "\u{E9}", "\u{FF5E}", "\u{1F600}"].map { Array($0.utf8) })
    }

    @Test("The summary shows the owner what is in the file")
    func summary() throws {
        let inspection = try inspect(Self.patients, label: "diagnosis", positive: "M")
        #expect(
            inspection.summary.rendered == """
                test.csv: 40 rows, 9 columns, comma-separated, with a header

                column     kind         missing  values
                id         identifier         0  not used: each row has its own value
                age        numeric            0  40 to 62, mean 49.73
                sex        categorical        8  f 16, m 16
                unit       constant           0  not used here: kg in every row
                ward       numeric            0  1 to 3, mean 1.975
                weight     numeric            0  60.5 to 99.5, mean 80
                remark     text               0  not used: too many different texts
                empty      constant          40  not used here: missing in every row
                diagnosis  label              0  positive (diagnosis is M) 10, other 30

                """)
    }

    @Test("The summary says what an owner should correct")
    func notes() throws {
        let rows = (0..<60).map { row in
            "\(row == 31 ? "sixty" : "\(row).5");\(row % 30),5;\(row % 9 == 0 ? "" : "\(row % 2)")\n"
        }
        let summary = try inspect("a;b;y\n" + rows.joined(), label: "y").summary
        #expect(
            summary.notes == [
                "7 rows without a label will not be used",
                "a would be numeric but for 1 value, first sixty in line 33; correct them, or make "
                    + "them missing",
                "b looks like numbers with a decimal comma; export them with a point",
            ])
        #expect(summary.rendered.contains("\nnote: 7 rows without a label"))
    }

    @Test("What is shown cannot move a terminal's cursor")
    func terminalIsSafe() throws {
        let text = "x,y\n" + String(repeating: "1,\"\u{1B}[2J\u{9B}x\"\n2,b\n", count: 3)
        let rendered = try inspect(text).summary.rendered
        #expect(
            rendered.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
            })
        #expect(rendered.contains(#""\u001b[2J"#))
    }

    @Test(
        "The four hospitals' heart data is read as it is",
        .enabled(if: RepositoryFiles.data != nil, "there is no shared/data"),
        arguments: [
            ("cleveland", 303, 139), ("hungarian", 294, 106), ("switzerland", 123, 115),
            ("va", 200, 149),
        ])
    func heartData(hospital: String, rows: Int, positives: Int) throws {
        let inspection = try DatasetInspection.inspect(
            path: RepositoryFiles.data("heart/processed.\(hospital).data"),
            options: .init(label: ColumnReference("14"), positive: PositiveClass(parsing: ">0")))
        #expect(inspection.rowCount == rows)
        #expect(inspection.schema.columns.count == 14)
        #expect(inspection.schema.columns.last?.kind == .label)
        #expect(inspection.schema["column1"]?.kind == .numeric)
        #expect(
            inspection.summary.columns.last?.detail.contains("positive (column14 > 0) \(positives)")
                == true)
    }

    @Test(
        "The credit data has an identifier, numbers and a label",
        .enabled(if: RepositoryFiles.data != nil, "there is no shared/data"))
    func creditData() throws {
        let inspection = try DatasetInspection.inspect(
            path: RepositoryFiles.data("credit-default/default_credit_homo_guest.csv"),
            options: .init(label: ColumnReference("y")))
        #expect(inspection.rowCount == 8_000)
        #expect(inspection.schema["id"]?.kind == .identifier)
        #expect(inspection.schema["x0"]?.kind == .numeric)
        #expect(inspection.schema.label?.classes == .listed(positive: ["1"], negative: ["0"]))
        #expect(inspection.schema.columns.count { $0.kind == .numeric } == 23)
    }
}

@Suite struct LabelTests {
    @Test(
        "Two values of which one is plainly positive need no rule",
        arguments: [
            ("0", "1"), ("0.0", "1.0"), ("no", "yes"), ("N", "Y"), ("False", "True"), ("-1", "1"),
            ("Negative", "Positive"), ("no", "Yes"),
        ])
    func plainLabels(negative: String, positive: String) throws {
        let rule = try inspect("x,y\n1,\(negative)\n2,\(positive)\n", label: "y").schema.label
        let (n, p) = (CSVField(negative).category, CSVField(positive).category)
        #expect(rule?.classes == .listed(positive: [p], negative: [n]))
    }

    @Test("A label is named by its number too, and a name goes first")
    func labelByNumber() throws {
        #expect(try inspect("x,y\n1,0\n2,1\n", label: "2").schema.label?.column == "y")
        #expect(
            try inspect(
                "2,y\n0,5\n1,6\n3,7\n",
                options: .init(
                    csv: .init(header: .present), label: ColumnReference("2"),
                    positive: PositiveClass(parsing: "3"))
            ).schema.label?.column == "2")
    }

    @Test("A rule may list values or compare numbers")
    func rules() throws {
        let text = "x,y\n1,0\n2,1\n3,2\n4,2.0\n5,4\n"
        #expect(
            try inspect(text, label: "y", positive: ">0").schema.label?.classes
                == .compared(.above, 0))
        #expect(
            try inspect(text, label: "y", positive: "2,1").schema.label?.classes
                == .listed(positive: ["1", "2"], negative: ["0", "4"]))
        #expect(try inspect(text, label: "y", positive: "4,9").schema.label != nil)
    }

    @Test("Rows without a label are counted")
    func missingLabels() throws {
        let summary = try inspect("x,y\n1,0\n2,?\n3,1\n4,\n", label: "y").summary
        #expect(summary.notes == ["2 rows without a label will not be used"])
        #expect(summary.columns[1].missingCount == 2)
    }

    @Test("There is no such label column")
    func noSuchColumn() {
        expect(.columnUnknown, "test.csv: there is no column outcome; name one of x, y") {
            _ = try inspect("x,y\n1,0\n", label: "outcome")
        }
        expect(.columnUnknown, "there is no column 3; the columns are numbered from 1 to 2") {
            _ = try inspect("x,y\n1,0\n", label: "3")
        }
        expect(.columnUnknown, "there is no column 0") { _ = try inspect("x,y\n1,0\n", label: "0") }
    }

    @Test("A label with one value")
    func oneClass() {
        expect(.labelOneClass, "test.csv, column 2 (y): the label has one class: every value is 1")
        {
            _ = try inspect("x,y\n1,1\n2,1.0\n", label: "y")
        }
        expect(.labelOneClass, "every value is >0") {
            _ = try inspect("x,y\n1,1\n2,3\n", label: "y", positive: ">0")
        }
        expect(.labelOneClass, "no value is >=9") {
            _ = try inspect("x,y\n1,1\n2,3\n", label: "y", positive: ">=9")
        }
        expect(.labelOneClass, "every value is positive") {
            _ = try inspect("x,y\n1,a\n2,b\n", label: "y", positive: "a,b")
        }
    }

    @Test("A label that is missing in every row")
    func allMissing() {
        expect(.labelNeeded, "the label is missing in every row") {
            _ = try inspect("x,y\n1,\n2,?\n", label: "y")
        }
        expect(.labelNeeded, "the label is missing in every row") {
            _ = try inspect("x,y\n1,\n2,?\n", label: "y", positive: ">0")
        }
    }

    @Test("Two values of which neither is plainly positive, or more than two, need a rule")
    func undecided() {
        expect(.labelUndecided, "the label has the values B, M; say which of them are positive") {
            _ = try inspect("x,y\n1,M\n2,B\n", label: "y")
        }
        expect(.labelUndecided, "the label has the values 0, 1, 2") {
            _ = try inspect("x,y\n1,0\n2,1\n3,2\n", label: "y")
        }
        let many = "x,y\n" + (0..<70).map { "1,\($0)\n" }.joined()
        expect(.labelUndecided, "the label has more than 64 different values; say which numbers") {
            _ = try inspect(many, label: "y")
        }
        #expect(throws: Never.self) { try inspect(many, label: "y", positive: "<35") }
    }

    @Test("A positive value that no row has")
    func unknownPositive() {
        expect(.labelUnknown, "no row has the label m; the labels are B, M") {
            _ = try inspect("x,y\n1,M\n2,B\n", label: "y", positive: "m")
        }
    }

    @Test("A label that cannot be compared")
    func notComparable() {
        expect(.notANumber, "test.csv, line 3, column 2 (y): the label high is not a number") {
            _ = try inspect("x,y\n1,3\n2,high\n", label: "y", positive: ">0")
        }
    }

    @Test(
        "A rule is read as it is written",
        arguments: [
            ("M", "M"), (">0", ">0"), (">= 0.50", ">=0.5"), ("<-1e3", "<-1000"), ("<=7", "<=7"),
            ("b, a ,a", "a, b"), ("2.0,1", "1, 2"),
        ])
    func ruleText(text: String, description: String) {
        #expect(PositiveClass(parsing: text)?.description == description)
    }

    @Test("What is no rule is refused", arguments: ["", ">", ">x", "a,,b", ",", ">=", "<1,2"])
    func noRule(text: String) { #expect(PositiveClass(parsing: text) == nil) }
}

func inspect(_ text: String, options: InspectionOptions) throws -> DatasetInspection {
    try DatasetInspection.inspect(reader(text, options: options.csv), options: options)
}

func inspect(
    _ text: String, label: String? = nil, positive: String? = nil,
    kinds: [(String, InspectionOptions.KindChoice)] = [], categoriesMax: Int = 64
) throws -> DatasetInspection {
    try inspect(
        text,
        options: InspectionOptions(
            label: label.map { ColumnReference($0) },
            positive: positive.flatMap { PositiveClass(parsing: $0) },
            kinds: kinds.map { .init(column: ColumnReference($0.0), kind: $0.1) },
            categoriesMax: categoriesMax))
}
