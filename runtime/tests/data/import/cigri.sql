--
-- PostgreSQL database dump
--

SET client_encoding = 'UTF8';

COPY public.admission_rules (id, code) FROM stdin;
1	raise 'no'\nif jdl
\.


COPY public.bag_of_tasks (id, campaign_id, param_id, priority) FROM stdin;
101	12	21	10
102	12	22	10
103	12	23	20
104	12	24	10
105	13	31	10
106	13	32	0
107	15	51	10
\.


COPY public.campaigns (id, grid_user, state, type, name, submission_time, completion_time, nb_jobs, jdl) FROM stdin;
11	alice	terminated	normal	old	2026-10-01 10:00:00+00	\N	3	{}
12	alice	in_treatment	normal	sweep	2026-11-01 10:00:00+00	\N	8	{"name": "sweep", "jobs_type": "normal", "params": ["p0 x y", "p1 x y", "p2 x y", "p3 x y", "p4 x y", "p5 x y", "p6 x y", "p7 x y"], "clusters": {"lune": {"exec_file": "$HOME/run.sh", "walltime": "00:10:00", "type": "best-effort", "resources": "/core=1", "prologue": ["mkdir -p out"], "exec_directory": "$HOME", "test_mode": "false", "properties": "", "project": "", "cluster_job_type": "", "temporal_grouping": "false", "dimensional_grouping": "false", "output_gathering_method": "None", "checkpointing_type": "None"}, "mars": {"exec_file": "x"}}}
13	bob	paused	normal	paused one	2026-11-02 10:00:00+00	\N	2	{"name": "paused one", "jobs_type": "normal", "params": ["a b", "b"], "clusters": {"lune": {"exec_file": "x", "walltime": "3600", "resources": "/core=1"}}}
14	bob	in_treatment	normal	nothing left	2026-11-02 10:00:00+00	\N	1	{"name": "nothing left", "params": ["a"], "clusters": {"lune": {"exec_file": "x", "resources": "/core=1"}}}
15	bob	in_treatment	normal	broken	2026-11-02 10:00:00+00	\N	1	not json
17	alice	cancelled	normal	gone	2026-11-02 10:00:00+00	\N	1	{}
\.


COPY public.clusters (id, name, api_url, api_auth_type, api_username, api_password, api_auth_header, api_chunk_size, api_limit, ssh_host, batch, resource_unit, power, properties, stress_factor, enabled) FROM stdin;
1	lune	http://lune.example/oarapi/	password	cigri	s3cret	X_REMOTE_IDENT	100	100	lune-front	oar2_5	core	100	gpu = 'NO'	0.1	t
2	terre	https://terre.example/oarapi/	jwt				0	500		oar3	core	0		0	t
3	venus	https://venus.example/oarapi/	cert			X_REMOTE_IDENT	100	100		oar2_5	cpu	50		0	f
4	grenoble	https://api.example/	none				100	100		g5k		0		0	t
\.


COPY public.events (id, class, code, state, job_id, cluster_id, campaign_id, parent, checked, notified, date_open, date_closed, date_update, message) FROM stdin;
1	job	EXIT_ERROR	open	206	1	12	\N	yes	t	2026-11-01 10:10:00+00	\N	\N	exit 3\n
2	campaign	BLACKLIST	open	\N	1	12	1	yes	t	2026-11-01 10:10:00+00	\N	\N	
\.


COPY public.jobs (id, campaign_id, param_id, batch_id, cluster_id, collect_id, state, return_code, submission_time, start_time, stop_time, node_name, resources_used, remote_id, tag, runner_options) FROM stdin;
201	12	0	1	1	\N	terminated	0	\N	\N	\N	\N	\N	901	prologue	{}
202	12	25	1	1	\N	terminated	0	\N	\N	\N	\N	\N	902	\N	{}
203	12	26	1	1	\N	running	\N	\N	\N	\N	\N	\N	903	\N	{}
204	12	27	1	1	\N	remote_waiting	\N	\N	\N	\N	\N	\N	904	\N	{}
205	12	24	1	1	\N	submitted	\N	\N	\N	\N	\N	\N	905	\N	{}
206	12	28	1	1	\N	event	768	\N	\N	\N	\N	\N	906	\N	{}
207	14	41	1	1	\N	running	\N	\N	\N	\N	\N	\N	907	\N	{}
\.


COPY public.parameters (id, campaign_id, name, param) FROM stdin;
0	\N		
21	12	p0	p0 x y
22	12	p1	p1 x y
23	12	p2	p2 x y
24	12	p3	p3 x y
25	12	p4	p4 x y
26	12	p5	p5 x y
27	12	p6	p6 x y
28	12	p7	p7 x y
31	13	a	a\\1 é
32	13	b	b
41	14	a	a
51	15	a	a
\.


COPY public.user_notifications (id, grid_user, type, identity, severity) FROM stdin;
1	alice	mail	alice@grid.example	low
2	alice	xmpp	alice@jabber.example	high
3	%%admin%%	mail	ops@grid.example	high
4	bob	mail	\N	low
5	bob	mail	bob@grid.example	urgent
\.


COPY public.users_mapping (id, grid_login, cluster_login, cluster_id) FROM stdin;
1	alice	al1ce	1
2	bob	Bearer eyJhbGciOiJIUzI1NiJ9.secret	2
\.


COPY public.users_priority (id, grid_user, cluster_id, priority) FROM stdin;
1	alice	1	10
2	bob	4	5
\.


-- PostgreSQL database dump complete
